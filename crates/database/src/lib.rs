//! One Diesel text on two databases: PostgreSQL and SQLite.
//!
//! What belongs here: how a database is reached, opened, migrated, watched, copied and
//! closed; how statements run on it ([`Database::read`], [`Database::write`]); and the SQL
//! that the two databases spell differently ([`sql`]). What does not: any table, any
//! constraint, any entity. What a constraint means and which migrations there are is handed
//! in as a [`Schema`].
//!
//! Open `work.rs` first: every read and every write goes through its functions.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod activity;
mod address;
mod backup;
mod connection;
mod database;
mod error;
mod finishing;
mod lease;
mod migrations;
mod open_error;
mod options;
mod pool;
mod postgres;
mod private;
mod restore;
mod snapshot;
pub mod sql;
mod sqlite;
mod sweep;
#[cfg(test)]
mod testing;
mod upkeep;
mod work;

pub use activity::{DatabaseErrors, DatabaseStatus, Readiness};
pub use address::{
    ChannelBinding, DatabaseUrl, DatabaseUrlError, Keepalives, PostgresHost, PostgresUrl,
    SqliteLocation, SslMode, SslModeError, TargetSession, masked,
};
pub use backup::{BackupError, CheckError};
pub use connection::Connection;
pub use database::Database;
pub use error::{Corrupt, Failure, MeaningOf, RowContext, violated_constraint};
pub use migrations::{Migration, MigrationError, MigrationState, Migrator, generate};
pub use open_error::OpenError;
pub use options::{
    BlockingPgConnection, CodeStep, DatabaseOptions, Schema, Synchronous, SynchronousError,
};
pub use restore::{RestoreError, check_backup, restore};
pub use snapshot::Snapshot;
pub use sqlite::AsyncSqliteConnection;
pub use sweep::SWEEP_BATCH;
pub use work::{Doing, Work};

#[doc(hidden)]
pub mod macro_support {
    //! What the exported macros name.
    pub use diesel_async::AsyncPgConnection;
    pub use tokio::join;
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
