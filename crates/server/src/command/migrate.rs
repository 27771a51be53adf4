use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use hexpress_domain::clock::Clock;
use hexpress_infra::database::{Migration, MigrationState, generate};
use hexpress_infra::security::SystemClock;
use serde_json::{Value, json};

use super::{confirm, lasting_database, print};
use crate::cli::MigrateAction;
use crate::config::{AppEnv, Config};
use crate::failure::Failure;
use crate::wiring::Store;

/// What `migrate status` ends with when migrations are pending.
const PENDING: u8 = 3;

/// Brings the schema forward or back, or says where it stands.
pub async fn run(config: &Config, action: &MigrateAction) -> Result<ExitCode, Failure> {
    if let MigrateAction::Generate { name } = action {
        return generate_pairs(name);
    }
    let database = lasting_database(config)?;
    if let MigrateAction::Down { yes: false, .. } = action
        && config.app_env != AppEnv::Development
    {
        confirm(config, false, "`migrate down` destroys data")?;
    }
    let store = Store::open(&database).await?;
    let migrator = store.database.migrator();
    let code = match action {
        MigrateAction::Status { json } => print_status(&migrator.status().await?, *json)?,
        MigrateAction::Down { all, .. } => {
            print_names("undid", "nothing to undo", &migrator.down(*all).await?)?
        }
        MigrateAction::Up | MigrateAction::Generate { .. } => {
            print_names("ran", "nothing to run", &migrator.up().await?)?
        }
    };
    store.database.close(Duration::MAX).await;
    Ok(code)
}

fn generate_pairs(name: &str) -> Result<ExitCode, Failure> {
    let folder = Path::new("migrations");
    if !folder.is_dir() {
        return Err(Failure::Failed(
            "there is no folder `migrations` here\nRun this at the root of the source.".to_owned(),
        ));
    }
    for file in generate(folder, name, SystemClock.now())? {
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
