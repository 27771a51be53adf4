use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hexpress_infra::database::{BackupError, DatabaseUrl, SqliteLocation};

use super::flags::{OfDatabase, SettingFlags};
use super::output::print;
use crate::config::{DatabaseTarget, Flags};
use crate::failure::Failure;
use crate::lifecycle::Signals;
use crate::program::Program;
use crate::wiring::Store;

/// Copy the SQLite database into a new file, while the server runs
///
/// The copy is the database of one moment, and a database file like the first: to
/// restore it, stop the server, put the copy in the file's place and remove the files
/// beside it that end in -wal and -shm. PostgreSQL has pg_dump for that.
#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    database: SettingFlags<OfDatabase>,
    /// Where the copy goes; there may be nothing yet
    file: PathBuf,
}

impl Backup {
    pub fn flags(&self) -> Flags {
        self.database.given()
    }

    /// Copies the SQLite database into a file.
    pub async fn run(self, program: &Program) -> Result<ExitCode, Failure> {
        let database = program.lasting_database()?;
        match &database.target {
            DatabaseTarget::Url(DatabaseUrl::Postgres(_)) => {
                return Err(BackupError::Postgres.into());
            }
            // To open it would make it: an empty copy of a mistake.
            DatabaseTarget::Url(DatabaseUrl::Sqlite(SqliteLocation::File(source)))
                if !source.exists() =>
            {
                return Err(Failure::Failed(format!(
                    "there is no database file {}\nCorrect {}.",
                    source.display(),
                    database.named_by
                )));
            }
            _ => {}
        }
        let store = Store::open(&database).await?;
        let mut signals = Signals::take()?;
        tokio::select! {
            done = store.database.back_up(&self.file) => done?,
            () = signals.next() => {
                let stopped = "stopped on a signal: nothing is left of the copy";
                return Err(Failure::Failed(stopped.to_owned()));
            }
        }
        store.database.close(Duration::MAX).await;
        print(&format!("wrote {}\n", self.file.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}
