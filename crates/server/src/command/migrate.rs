use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use hexpress_domain::clock::Clock;
use hexpress_infra::database::{Migration, MigrationState, generate};
use hexpress_infra::security::SystemClock;
use serde_json::{Value, json};

use super::flags::{OfDatabase, SettingFlags};
use super::output::print;
use crate::config::{AppEnv, Flags};
use crate::failure::Failure;
use crate::program::Program;
use crate::wiring::Store;

/// What `migrate status` ends with when migrations are pending.
const PENDING: u8 = 3;

const EXAMPLES: &str = "\
Examples:
  hexpress migrate status --json
  hexpress migrate up --database-url postgres://user@host/name
  hexpress migrate down          the latest only
  hexpress migrate generate add_user_phone
  hexpress migrate generate create_notes --table notes";

/// Bring the database's schema forward or back
#[derive(Debug, Args)]
#[command(arg_required_else_help = false, after_help = EXAMPLES)]
pub struct Migrate {
    #[command(flatten)]
    database: SettingFlags<OfDatabase>,
    #[command(subcommand)]
    action: Action,
}

/// What can be done about migrations.
#[derive(Debug, Subcommand)]
enum Action {
    /// Run every migration that is pending
    Up,
    /// Undo the latest migration, and the data that only it has room for
    Down {
        /// Undo all of them: the database is empty after it
        #[arg(long)]
        all: bool,
        /// Do it, though this is no development database (needed unless APP_ENV
        /// is development)
        #[arg(long)]
        yes: bool,
    },
    /// List all migrations; the exit code is 3 if any is pending
    Status {
        /// Print JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Write a pair up.sql and down.sql for each database, below the folder
    /// `migrations`: empty, to be filled by hand
    Generate {
        /// What it does, such as add_user_phone: letters, digits, _ and -
        name: String,
        /// Begin with a table of this name, which has an id, a version, times,
        /// and a text that searches find
        #[arg(long)]
        table: Option<String>,
    },
}

impl Migrate {
    pub fn flags(&self) -> Flags {
        self.database.given()
    }

    /// Brings the schema forward or back, or says where it stands.
    pub async fn run(self, program: &Program) -> Result<ExitCode, Failure> {
        if let Action::Generate { name, table } = &self.action {
            return generate_pairs(name, table.as_deref());
        }
        let database = program.lasting_database()?;
        if let Action::Down { yes: false, .. } = &self.action
            && program.config.app_env != AppEnv::Development
        {
            program.confirm(false, "`migrate down` destroys data")?;
        }
        let store = Store::open(&database).await?;
        let migrator = store.database.migrator();
        let code = match &self.action {
            Action::Status { json } => print_status(&migrator.status().await?, *json)?,
            Action::Down { all, .. } => {
                print_names("undid", "nothing to undo", &migrator.down(*all).await?)?
            }
            Action::Up | Action::Generate { .. } => {
                print_names("ran", "nothing to run", &migrator.up().await?)?
            }
        };
        store.database.close(Duration::MAX).await;
        Ok(code)
    }
}

fn generate_pairs(name: &str, table: Option<&str>) -> Result<ExitCode, Failure> {
    let folder = Path::new("migrations");
    if !folder.is_dir() {
        return Err(Failure::Failed(
            "there is no folder `migrations` here\nRun this at the root of the source.".to_owned(),
        ));
    }
    for file in generate(folder, name, table, SystemClock.now())? {
        print(&format!("{}\n", file.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print_names(done: &str, nothing: &str, names: &[String]) -> Result<ExitCode, Failure> {
    if names.is_empty() {
        print(&format!("{nothing}\n"))?;
    }
    for name in names {
        print(&format!("{done} {name}\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn state(migration: &Migration) -> &'static str {
    match migration.state {
        MigrationState::Applied => "applied",
        MigrationState::Pending => "pending",
        MigrationState::Unknown => "unknown to this version",
    }
}

fn print_status(migrations: &[Migration], as_json: bool) -> Result<ExitCode, Failure> {
    if as_json {
        let rows: Value = migrations
            .iter()
            .map(|migration| json!({"name": migration.name, "state": state(migration)}))
            .collect();
        print(&format!("{rows:#}\n"))?;
    } else {
        for migration in migrations {
            print(&format!("{}  {}\n", migration.name, state(migration)))?;
        }
    }
    let is_pending = |migration: &Migration| migration.state == MigrationState::Pending;
    Ok(if migrations.iter().any(is_pending) {
        ExitCode::from(PENDING)
    } else {
        ExitCode::SUCCESS
    })
}
