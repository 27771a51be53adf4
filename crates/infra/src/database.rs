//! The kernel, opened for the tables of this crate.

use std::path::Path;

use async_trait::async_trait;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use hexpress_database::Schema;
use hexpress_domain::health::{StoreProbe, StoreState};

pub use hexpress_database::{
    BackupError, CheckError, Database, DatabaseErrors, DatabaseOptions, DatabaseStatus,
    DatabaseUrl, DatabaseUrlError, Migration, MigrationError, MigrationState, Migrator, OpenError,
    PostgresUrl, Readiness, RestoreError, SqliteLocation, SslMode, SslModeError, Synchronous,
    SynchronousError, generate, masked,
};

use crate::schema::{REFOLD, meaning_of};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

const SCHEMA: Schema = Schema {
    postgres: &POSTGRES,
    sqlite: &SQLITE,
    steps: &[REFOLD],
    meaning_of,
};

/// Opens a database for the tables of Hexpress, as [`Database::open`] does. Runs no
/// migration.
///
/// # Errors
///
/// [`OpenError`], whose text is for whoever runs the program.
pub async fn open(options: DatabaseOptions) -> Result<Database, OpenError> {
    Database::open(options, SCHEMA).await
}

/// Checks a backup of Hexpress's database, as [`hexpress_database::check_backup`] does.
///
/// # Errors
///
/// [`RestoreError`].
pub fn check_backup(backup: &Path) -> Result<Vec<Migration>, RestoreError> {
    hexpress_database::check_backup(backup, &SCHEMA)
}

/// Puts a backup in the place of a database of Hexpress, as [`hexpress_database::restore`] does.
///
/// # Errors
///
/// [`RestoreError`].
pub fn restore(
    backup: &Path,
    database: &Path,
    kept: &Path,
) -> Result<Vec<Migration>, RestoreError> {
    hexpress_database::restore(backup, database, kept, &SCHEMA)
}

/// Whether the database can serve requests.
pub struct DatabaseProbe(Database);

impl DatabaseProbe {
    /// Of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self(database)
    }
}

#[async_trait]
impl StoreProbe for DatabaseProbe {
    async fn state(&self) -> StoreState {
        match self.0.readiness().await {
            Readiness::Ready => StoreState::Ready,
            Readiness::MigrationsPending => StoreState::MigrationsPending,
            Readiness::Unreachable => StoreState::Unreachable,
        }
    }
}
