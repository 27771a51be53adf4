use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::activity::{DatabaseStatus, Readiness};
use crate::address::DatabaseUrl;
use crate::open_error::OpenError;
use crate::options::{DatabaseOptions, Schema};
use crate::pool::Connections;

/// How many writes that nobody waits for run at once.
pub(crate) const MAX_SPAWNED_WRITES: usize = 4;

/// An open database. Clones are the same one.
#[derive(Clone)]
pub struct Database {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) options: DatabaseOptions,
    pub(crate) schema: Schema,
    pub(crate) connections: Arc<Connections>,
    /// Work that is finished even if its caller has gone.
    pub(crate) work: TaskTracker,
    /// Limits the writes that nobody waits for.
    pub(crate) spawned_writes: Arc<Semaphore>,
    pub(crate) readiness: Mutex<Option<(Instant, Readiness)>>,
    _maintenance: DropGuard,
}

impl Database {
    /// Opens a database: checks that it can be reached, read and (SQLite) written, and opens
    /// the connections that the pool keeps at least. Creates a missing SQLite file and the
    /// last folder of its path. Runs no migration.
    ///
    /// # Errors
    ///
    /// [`OpenError`], whose text is for whoever runs the program.
    pub async fn open(options: DatabaseOptions, schema: Schema) -> Result<Self, OpenError> {
        let connections = Arc::new(Connections::open(&options, schema.meaning_of).await?);
        let stop = CancellationToken::new();
        tokio::spawn(maintain_pool(
            stop.clone(),
            Arc::clone(&connections),
            options.idle_timeout,
            options.kept_connections(),
        ));
        Ok(Self {
            inner: Arc::new(Inner {
                options,
                schema,
                connections,
                work: TaskTracker::new(),
                spawned_writes: Arc::new(Semaphore::new(MAX_SPAWNED_WRITES)),
                readiness: Mutex::new(None),
                _maintenance: stop.drop_guard(),
            }),
        })
    }

    /// Where the database is.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.inner.options.url
    }

    /// The state of the pool, and how often what has gone wrong.
    #[must_use]
    pub fn status(&self) -> DatabaseStatus {
        let connections = &self.inner.connections;
        connections.activity.status(&connections.status())
    }

    /// Waits for the work that was begun, but no longer than the limit, then closes
    /// all connections. Later calls are
    /// [`Unavailable`](hexpress_domain::repository::RepositoryError::Unavailable). Returns
    /// whether all work was finished.
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
async fn maintain_pool(
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
