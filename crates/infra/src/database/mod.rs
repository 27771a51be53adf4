//! The database under all repositories: how it is reached, opened, migrated and
//! closed, and how statements run on it.
//!
//! Open `work` first: every read and every write of every repository goes through its
//! functions.

mod activity;
mod backup;
mod connection;
mod constraint;
pub(crate) mod dialect;
mod error;
mod finishing;
pub(crate) mod list;
mod locked;
mod migrations;
mod open_error;
mod options;
mod pool;
mod postgres;
mod prepared;
mod probe;
mod queue;
pub(crate) mod schema;
mod snapshot;
mod sqlite;
mod sweep;
#[cfg(test)]
pub(crate) mod testing;
mod tls;
pub(crate) mod types;
mod upkeep;
mod url;
mod work;

use std::sync::Arc;
use std::time::Duration;

use hexpress_domain::health::StoreState;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use activity::{DatabaseErrors, DatabaseStatus};
pub use backup::BackupError;
pub(crate) use connection::{Connection, in_one_trip, on_both};
pub(crate) use error::{Corrupt, Failure, is_slug_taken};
pub(crate) use locked::Locked;
pub use migrations::{Migration, MigrationError, MigrationState, Migrator, generate};
pub use open_error::OpenError;
pub use options::{DatabaseOptions, Synchronous, SynchronousError};
pub(crate) use prepared::Prepared;
pub(crate) use snapshot::Snapshot;
pub(crate) use sqlite::AsyncSqliteConnection;
pub(crate) use sweep::SWEEP_BATCH;
pub use url::{DatabaseUrl, DatabaseUrlError, PostgresUrl, SqliteLocation, SslMode, SslModeError};
pub(crate) use work::Work;

use pool::Connections;
use work::WRITES_BESIDE;

/// An open database. Clones are the same one.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    options: DatabaseOptions,
    connections: Arc<Connections>,
    /// Work that goes on when whoever asked for it has gone.
    work: TaskTracker,
    /// Turns of the writes that nobody waits for.
    beside: Arc<Semaphore>,
    state: Mutex<Option<(Instant, StoreState)>>,
    _housekeeper: DropGuard,
}

impl Database {
    /// Opens a database: checks that it can be reached, read and (SQLite) written,
    /// and opens as many connections as are kept at least. A missing SQLite file is
    /// made, with the last folder of its path. Runs no migration.
    ///
    /// # Errors
    ///
    /// [`OpenError`], for whoever runs the program.
    pub async fn open(options: DatabaseOptions) -> Result<Self, OpenError> {
        let connections = Arc::new(Connections::open(&options).await?);
        let stop = CancellationToken::new();
        tokio::spawn(keep_house(
            stop.clone(),
            Arc::clone(&connections),
            options.idle_timeout,
            options.pool_min,
        ));
        Ok(Self {
            inner: Arc::new(Inner {
                options,
                connections,
                work: TaskTracker::new(),
                beside: Arc::new(Semaphore::new(WRITES_BESIDE)),
                state: Mutex::new(None),
                _housekeeper: stop.drop_guard(),
            }),
        })
    }

    /// Where the database is.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.inner.options.url
    }

    /// What goes on at the database.
    #[must_use]
    pub fn status(&self) -> DatabaseStatus {
        let connections = &self.inner.connections;
        connections.activity.status(&connections.status())
    }

    /// What runs, shows and takes back the migrations of this database.
    #[must_use]
    pub fn migrator(&self) -> Migrator {
        Migrator::new(self.clone())
    }

    /// Waits for the work that was begun, but no longer than the limit, then closes
    /// all connections. Later calls are
    /// [`Unavailable`](hexpress_domain::repository::RepositoryError::Unavailable). Returns whether all work was
    /// finished.
    pub async fn close(&self, limit: Duration) -> bool {
        self.inner.work.close();
        let finished = tokio::time::timeout(limit, self.inner.work.wait())
            .await
            .is_ok();
        self.inner.connections.close();
        finished
    }
}

/// Closes surplus connections now and then and opens those that are missing, until
/// the database is dropped.
async fn keep_house(
    stop: CancellationToken,
    connections: Arc<Connections>,
    idle_timeout: Duration,
    min: usize,
) {
    const SHORTEST_ROUND: Duration = Duration::from_millis(50);
    let round = (idle_timeout / 2).max(SHORTEST_ROUND);
    while stop
        .run_until_cancelled(tokio::time::sleep(round))
        .await
        .is_some()
    {
        connections.close_surplus(idle_timeout, min);
        connections.refill(min).await;
    }
}
