use std::io;
use std::path::PathBuf;
use std::time::Duration;

use hexpress_domain::repository::{RepositoryError, Source};

use crate::open_error::OpenError;

/// Why migrations could not be run, shown or taken back.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// Another process holds the lock.
    #[error(
        "another process is running migrations and was not done within {} s\nWait for it, or raise MIGRATE_LOCK_TIMEOUT_MS.",
        .0.as_secs()
    )]
    Locked(Duration),
    /// The migration to take back is not one of this program's.
    #[error(
        "the migration {0} is of another version of the program\nTake it back with the version that brought it."
    )]
    Unknown(String),
    /// A migration broke. Diesel's own words name it.
    #[error("{source}\nCorrect that, and run the command again: what is done is not done twice.")]
    Failed {
        /// Which one.
        name: String,
        /// What the database said.
        source: Source,
    },
    /// Tables have nowhere to go.
    #[error(
        "the search_path of the connection names no schema that exists\nCreate the schema, or correct DATABASE_URL."
    )]
    NoSchema,
    /// No connection for migrations.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database does not answer.
    #[error("the database cannot be used")]
    Database(#[from] RepositoryError),
    /// What surrounds the migrations broke.
    #[error("the table of migrations cannot be used: {0}")]
    Harness(#[source] Source),
    /// A name that cannot be part of a folder's.
    #[error("a migration's name is made of letters, digits, `_` and `-`")]
    Name,
    /// A name that cannot be a table's.
    #[error("a table's name is made of small letters, digits and `_`, and begins with a letter")]
    Table,
    /// A file could not be made.
    #[error("cannot create {}: {reason}\nMake its folder writable, or move what is there away.", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
}

impl From<diesel::result::Error> for MigrationError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Harness(error.into())
    }
}
