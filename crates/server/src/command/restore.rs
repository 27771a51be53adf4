use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hexpress_domain::clock::Clock;
use hexpress_infra::database::{
    DatabaseUrl, Migration, MigrationState, SqliteLocation, check_backup, restore,
};
use hexpress_infra::security::SystemClock;
use tokio::task::spawn_blocking;
use tracing::warn;

use super::flags::{OfDatabase, SettingFlags};
use super::output::print;
use crate::config::{DatabaseTarget, Flags};
use crate::failure::Failure;
use crate::program::Program;

/// Put a backup in the place of the SQLite database, and keep the old one beside it
///
/// The server has to be stopped. The backup is checked first: every page, index and
/// reference. The database changes in one step, or stays what it is. PostgreSQL has
/// pg_restore for that.
#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    database: SettingFlags<OfDatabase>,
    /// Only check the backup; the server may run
    #[arg(long)]
    check: bool,
    /// What `hexpress backup` has written
    file: PathBuf,
}

impl Restore {
    pub fn flags(&self) -> Flags {
        self.database.given()
    }

    /// Checks a backup, and puts it in place.
    pub async fn run(self, program: &Program) -> Result<ExitCode, Failure> {
        let file = self.file;
        if self.check {
            let checking = file.clone();
            let migrations = blocking(move || check_backup(&checking)).await?;
            warn_of_unknown(&migrations);
            print(&format!(
                "{} is whole{}\n",
                file.display(),
                rest(&migrations)
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        let config = program.lasting_database()?;
        let DatabaseTarget::Url(DatabaseUrl::Sqlite(SqliteLocation::File(database))) =
            config.target
        else {
            return Err(Failure::Failed(
                "a backup of PostgreSQL is restored with its own programs\nRun `pg_restore`."
                    .to_owned(),
            ));
        };
        let kept = kept_name(&database);
        let was_there = database.exists();
        let migrations = {
            let (file, database, kept) = (file.clone(), database.clone(), kept.clone());
            blocking(move || restore(&file, &database, &kept)).await?
        };
        warn_of_unknown(&migrations);
        let old = match was_there {
            true => format!("\nThe old one is {}.", kept.display()),
            false => String::new(),
        };
        print(&format!(
            "{} is {} now{}{old}\n",
            database.display(),
            file.display(),
            rest(&migrations)
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Failure>
where
    T: Send + 'static,
    E: std::error::Error + Send + 'static,
{
    let done = spawn_blocking(work).await;
    let done = done.map_err(|error| Failure::of(&error))?;
    done.map_err(|error| Failure::of(&error))
}

/// Where the old database is kept: beside its place, with the time of this moment.
fn kept_name(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    let now = SystemClock.now().format("%Y-%m-%dT%H%M%S%3f");
    name.push(format!(".before-restore-{now}"));
    name.into()
}

/// As with the start of a server: it runs on the schema of a newer version.
fn warn_of_unknown(migrations: &[Migration]) {
    let is_unknown = |migration: &&Migration| migration.state == MigrationState::Unknown;
    for migration in migrations.iter().filter(is_unknown) {
        warn!(
            version = migration.name,
            "a newer version of the program has migrated the database"
        );
    }
}

/// What is left to do about its migrations.
fn rest(migrations: &[Migration]) -> String {
    let is_pending = |migration: &&Migration| migration.state == MigrationState::Pending;
    match migrations.iter().filter(is_pending).count() {
        0 => String::new(),
        count => format!("; migrations are pending: {count} (`hexpress migrate up`)"),
    }
}
