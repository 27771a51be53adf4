use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use hexpress_infra::database::{BackupError, DatabaseUrl, SqliteLocation};

use super::{lasting_database, print};
use crate::config::{Config, DatabaseTarget};
use crate::failure::Failure;
use crate::wiring::Store;

/// Copies the SQLite database into a file.
pub async fn run(config: &Config, file: &Path) -> Result<ExitCode, Failure> {
    let database = lasting_database(config)?;
    match &database.target {
        DatabaseTarget::Url(DatabaseUrl::Postgres(_)) => return Err(BackupError::Postgres.into()),
        // To open it would make it: an empty copy of a mistake.
        DatabaseTarget::Url(DatabaseUrl::Sqlite(SqliteLocation::File(source)))
            if !source.exists() =>
        {
            return Err(Failure::Failed(format!(
                "there is no database file {}\nCorrect DATABASE_URL.",
                source.display()
            )));
        }
        _ => {}
    }
    let store = Store::open(&database).await?;
    store.database.back_up(file).await?;
    store.database.close(Duration::MAX).await;
    print(&format!("wrote {}\n", file.display()))?;
    Ok(ExitCode::SUCCESS)
}
