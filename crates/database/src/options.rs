use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use diesel::{QueryResult, SqliteConnection};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::EmbeddedMigrations;

use crate::address::{DatabaseUrl, SslMode};
use crate::error::MeaningOf;

/// How a [`Database`](crate::Database) is reached and used.
#[derive(Debug, Clone)]
pub struct DatabaseOptions {
    /// Where the database is.
    pub url: DatabaseUrl,
    /// How many connections there are at most, at least 1. A database in memory
    /// has always one.
    pub pool_max: usize,
    /// How many connections are kept open even when idle, at most `pool_max`.
    pub pool_min: usize,
    /// How long a call waits for a connection before it is
    /// [`Unavailable`](hexpress_domain::repository::RepositoryError::Unavailable).
    pub acquire_timeout: Duration,
    /// How long a connection above the minimum may be idle before it is closed.
    pub idle_timeout: Duration,
    /// How long PostgreSQL works at one statement; SQLite has no such limit. A whole
    /// transaction that takes twice as long is given up, with its connection.
    pub statement_timeout: Duration,
    /// How many connections searches take at most, at least 1, so that they leave some to others.
    pub search_connections: usize,
    /// How long PostgreSQL works at one statement of a search, if that is less than
    /// `statement_timeout`; SQLite has no such limit.
    pub search_timeout: Duration,
    /// How long PostgreSQL waits for a lock; on SQLite, the busy timeout.
    pub lock_timeout: Duration,
    /// How long PostgreSQL leaves a transaction open in which nothing happens.
    pub idle_in_transaction_timeout: Duration,
    /// How long to wait for migrations that another process runs.
    pub migrate_lock_timeout: Duration,
    /// The `sslmode` for a URL that names none and a host that is not this machine.
    pub ssl_mode_default: SslMode,
    /// When SQLite waits for the disk.
    pub sqlite_synchronous: Synchronous,
}

impl DatabaseOptions {
    /// What suits a service of moderate size: at most five connections, two of them for searches,
    /// five seconds for one to come free, ten for a statement, two for one of a search, five for a
    /// lock; `sslmode=prefer`; and SQLite waits for the disk at every commit.
    #[must_use]
    pub const fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            pool_max: 5,
            pool_min: 0,
            acquire_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(10),
            search_connections: 2,
            search_timeout: Duration::from_secs(2),
            lock_timeout: Duration::from_secs(5),
            idle_in_transaction_timeout: Duration::from_secs(10),
            migrate_lock_timeout: Duration::from_secs(600),
            ssl_mode_default: SslMode::Prefer,
            sqlite_synchronous: Synchronous::Full,
        }
    }
}

/// What a program brings along for its tables. The kernel itself knows none.
#[derive(Clone, Copy)]
pub struct Schema {
    /// The migrations for PostgreSQL.
    pub postgres: &'static EmbeddedMigrations,
    /// The migrations for SQLite, with the same names.
    pub sqlite: &'static EmbeddedMigrations,
    /// What some of them do beside their SQL.
    pub steps: &'static [CodeStep],
    /// What a broken constraint means.
    pub meaning_of: MeaningOf,
}

impl DatabaseOptions {
    /// How many connections are kept however idle. One to a SQLite file holds a lock that tells
    /// others that a program has the file open.
    pub(crate) fn kept_connections(&self) -> usize {
        let least = usize::from(self.url.is_sqlite());
        self.pool_min.max(least)
    }
}

/// What a migration does that SQL has no words for. It comes right before the migration's SQL,
/// on the same connection.
///
/// On PostgreSQL it is in no transaction, so that it may go on in short ones of its own: what is
/// broken off is begun anew, and passes over what is done. On SQLite it is in the transaction of
/// all migrations.
pub struct CodeStep {
    /// The name of the migration.
    pub migration: &'static str,
    /// The step on PostgreSQL.
    pub postgres: fn(&mut BlockingPgConnection) -> QueryResult<()>,
    /// The step on SQLite.
    pub sqlite: fn(&mut SqliteConnection) -> QueryResult<()>,
}

/// A connection to PostgreSQL for the thread of migrations.
pub type BlockingPgConnection = AsyncConnectionWrapper<AsyncPgConnection>;

/// SQLite's `synchronous` pragma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// At every commit: what was answered survives a loss of power.
    Full,
    /// At checkpoints: a loss of power may take the last commits.
    Normal,
    /// Never: a loss of power may destroy the file.
    Off,
}

/// The text names no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of: full, normal, off")]
pub struct SynchronousError;

impl FromStr for Synchronous {
    type Err = SynchronousError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "full" => Ok(Self::Full),
            "normal" => Ok(Self::Normal),
            "off" => Ok(Self::Off),
            _ => Err(SynchronousError),
        }
    }
}

impl fmt::Display for Synchronous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Normal => "normal",
            Self::Off => "off",
        })
    }
}
