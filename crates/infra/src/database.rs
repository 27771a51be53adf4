//! The kernel, opened for the tables of this crate.

use async_trait::async_trait;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use hexpress_database::Schema;
use hexpress_domain::health::{StoreProbe, StoreState};

pub use hexpress_database::{
    BackupError, Database, DatabaseErrors, DatabaseOptions, DatabaseStatus, DatabaseUrl,
    DatabaseUrlError, Migration, MigrationError, MigrationState, Migrator, OpenError, PostgresUrl,
    Readiness, SqliteLocation, SslMode, SslModeError, Synchronous, SynchronousError, generate,
    masked,
};

use crate::schema::meaning_of;

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

const SCHEMA: Schema = Schema {
    postgres: &POSTGRES,
    sqlite: &SQLITE,
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
