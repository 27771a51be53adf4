use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use deadpool::Status;
use deadpool::managed::QueueMode;
use diesel::ConnectionError;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, SetupCallback,
};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use hexpress_domain::repository::RepositoryError;
use tokio::sync::Semaphore;

use crate::activity::Activity;
use crate::address::{DatabaseUrl, SqliteLocation};
use crate::connection::Connection;
use crate::error::MeaningOf;
use crate::lease::{Intent, Lease, Overloaded, timed_out, unavailable};
use crate::open_error::OpenError;
use crate::options::DatabaseOptions;
use crate::postgres::Connector;
use crate::sqlite::group_commit::Queue;
use crate::sqlite::pool::SqlitePool;
use crate::sqlite::{self, AsyncSqliteConnection, Opener, Replaced};

/// How many times as long as one statement a whole piece of work may take.
const STATEMENTS: u32 = 2;

/// Where a piece of work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// By whoever asks for it: it waits for the disk at most.
    Here,
    /// By a server, for which whoever asks for it waits.
    Server,
    /// On a thread of its own.
    Thread,
}

/// How many searches wait for a connection at most.
pub(crate) const MAX_WAITING_SEARCHES: usize = 64;

/// The open connections to the database.
pub(crate) struct Connections {
    pools: Pools,
    acquire_timeout: Duration,
    meaning_of: MeaningOf,
    /// Limits the searches that run, so that they leave connections to others.
    searches: Arc<Semaphore>,
    /// Limits those that wait, so that they leave requests to others.
    waiting_searches: Semaphore,
    pub(crate) activity: Activity,
}

enum Pools {
    Postgres {
        pool: Pool<AsyncPgConnection>,
        /// How long a piece of work may take.
        limit: Duration,
    },
    Sqlite {
        pool: SqlitePool,
        writes: Queue,
        file: Opener,
        /// Whether readers never wait for the writer.
        has_wal: bool,
    },
}

impl Connections {
    /// Opens as many connections as are kept at least, and at least one.
    pub(crate) async fn open(
        options: &DatabaseOptions,
        meaning_of: MeaningOf,
    ) -> Result<Self, OpenError> {
        let pools = match &options.url {
            DatabaseUrl::Postgres(url) => {
                let connector = Connector::new(url, options)?;
                // The pool's own errors could not tell what to do about them.
                connector.check().await?;
                let setup: SetupCallback<AsyncPgConnection> = Box::new(move |_| {
                    let connector = connector.clone();
                    Box::pin(async move {
                        connector
                            .connect()
                            .await
                            .map_err(|error| ConnectionError::BadConnection(error.to_string()))
                    })
                });
                Pools::Postgres {
                    pool: pool(setup, options.pool_max)?,
                    limit: options.statement_timeout * STATEMENTS,
                }
            }
            DatabaseUrl::Sqlite(location) => {
                let opener = Opener::new(location, options);
                let (opener, has_wal) = sqlite::prepare(location, opener).await?;
                let file = opener.clone();
                let setup: SetupCallback<AsyncSqliteConnection> = Box::new(move |_| {
                    let opener = opener.clone();
                    Box::pin(async move { opener.open().await })
                });
                let in_memory = *location == SqliteLocation::Memory;
                let size = if in_memory { 1 } else { options.pool_max };
                let pool = SqlitePool {
                    pool: pool(setup, size)?,
                    writer: Arc::new(Semaphore::new(1)),
                    in_memory,
                    meaning_of,
                };
                Pools::Sqlite {
                    writes: Queue::new(pool.clone(), options.acquire_timeout),
                    pool,
                    file,
                    has_wal,
                }
            }
        };
        let connections = Self {
            pools,
            acquire_timeout: options.acquire_timeout,
            meaning_of,
            searches: Arc::new(Semaphore::new(options.search_connections.max(1))),
            waiting_searches: Semaphore::new(MAX_WAITING_SEARCHES),
            activity: Activity::default(),
        };
        connections.fill(options.pool_min.max(1)).await?;
        Ok(connections)
    }

    async fn fill(&self, count: usize) -> Result<(), OpenError> {
        let mut leases = Vec::new();
        for _ in 0..count.min(self.max()) {
            let lease = self.acquire(Intent::Read).await;
            leases.push(lease.map_err(|error| OpenError::Setup(innermost(&error)))?);
        }
        Ok(())
    }

    /// A connection for one piece of work.
    pub(crate) async fn acquire(&self, intent: Intent) -> Result<Lease, RepositoryError> {
        let waiting = self.activity.wait();
        let lease = match intent {
            Intent::Search(_) => match self.waiting_searches.try_acquire() {
                Ok(_place) => self.wait_in_time(intent).await,
                Err(_) => Err(unavailable(Overloaded)),
            },
            _ => self.wait_in_time(intent).await,
        };
        waiting.ends(lease.is_ok());
        lease
    }

    async fn wait_in_time(&self, intent: Intent) -> Result<Lease, RepositoryError> {
        tokio::time::timeout(self.acquire_timeout, self.wait(intent))
            .await
            .unwrap_or_else(|_| Err(timed_out(self.acquire_timeout)))
    }

    async fn wait(&self, intent: Intent) -> Result<Lease, RepositoryError> {
        let turn = match intent {
            Intent::Search(_) => {
                let turn = Arc::clone(&self.searches).acquire_owned().await;
                Some(turn.map_err(unavailable)?)
            }
            _ => None,
        };
        match &self.pools {
            Pools::Postgres { pool, limit } => Ok(Lease {
                connection: Connection::Postgres(Arc::new(pool.get().await.map_err(unavailable)?)),
                is_tainted: false,
                limit: Some(*limit),
                meaning_of: self.meaning_of,
                is_irreplaceable: false,
                _turn: turn,
            }),
            Pools::Sqlite { pool, .. } => {
                let lease = pool.wait(intent).await?;
                Ok(Lease {
                    _turn: turn.or(lease._turn),
                    ..lease
                })
            }
        }
    }

    /// Where writes queue up that share transactions.
    pub(crate) fn queue(&self) -> Option<&Queue> {
        match &self.pools {
            Pools::Postgres { .. } => None,
            Pools::Sqlite { writes, .. } => Some(writes),
        }
    }

    /// Whether the file that was opened at the start is still in its place, where it is one.
    pub(crate) fn check_file(&self) -> Result<(), Replaced> {
        match &self.pools {
            Pools::Postgres { .. } => Ok(()),
            Pools::Sqlite { file, .. } => file.check(),
        }
    }

    pub(crate) fn place(&self, intent: Intent) -> Place {
        match &self.pools {
            Pools::Postgres { .. } => Place::Server,
            Pools::Sqlite { has_wal: true, .. } if intent == Intent::LookUp => Place::Here,
            Pools::Sqlite { .. } => Place::Thread,
        }
    }

    pub(crate) const fn acquire_timeout(&self) -> Duration {
        self.acquire_timeout
    }

    /// Opens connections while there are fewer than are kept at least. Where that
    /// fails, whoever needs one next is told.
    pub(crate) async fn refill(&self, min: usize) {
        if self.status().size < min {
            self.fill(min).await.ok();
        }
    }

    /// Closes idle connections: when one is found broken, so are others.
    pub(crate) fn discard_idle(&self) {
        self.close_surplus(Duration::ZERO, 0);
    }

    /// Closes connections beyond `min` that nobody has used for so long.
    pub(crate) fn close_surplus(&self, idle_timeout: Duration, min: usize) {
        match &self.pools {
            Pools::Postgres { pool, .. } => close_surplus(pool, idle_timeout, min),
            Pools::Sqlite { pool, .. } if pool.in_memory => {}
            Pools::Sqlite { pool, .. } => close_surplus(&pool.pool, idle_timeout, min),
        }
    }

    /// Closes what is idle at once and the rest when it comes back.
    pub(crate) fn close(&self) {
        match &self.pools {
            Pools::Postgres { pool, .. } => pool.close(),
            Pools::Sqlite { pool, .. } => pool.pool.close(),
        }
    }

    fn max(&self) -> usize {
        self.status().max_size
    }

    /// How many connections are open.
    #[cfg(test)]
    pub(crate) fn size(&self) -> usize {
        self.status().size
    }

    pub(crate) fn status(&self) -> Status {
        match &self.pools {
            Pools::Postgres { pool, .. } => pool.status(),
            Pools::Sqlite { pool, .. } => pool.pool.status(),
        }
    }
}

/// Connections are not asked whether they live before they are used: a broken one
/// is found by its error. The last one used is the next one taken, so that the
/// others can fall idle.
fn pool<C>(setup: SetupCallback<C>, max: usize) -> Result<Pool<C>, OpenError>
where
    C: AsyncConnection + 'static,
    AsyncDieselConnectionManager<C>: deadpool::managed::Manager<Type = C>,
{
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = setup;
    // The URL is part of the setup.
    let manager = AsyncDieselConnectionManager::new_with_config("", config);
    Pool::builder(manager)
        .max_size(max)
        .queue_mode(QueueMode::Lifo)
        .build()
        .map_err(|error| OpenError::Setup(error.to_string()))
}

fn close_surplus<C>(pool: &Pool<C>, idle_timeout: Duration, min: usize)
where
    C: AsyncConnection + 'static,
    AsyncDieselConnectionManager<C>: deadpool::managed::Manager<Type = C>,
{
    let mut surplus = pool.status().size.saturating_sub(min);
    pool.retain(|_, metrics| {
        let closes = surplus > 0 && metrics.last_used() >= idle_timeout;
        surplus -= usize::from(closes);
        !closes
    });
}

fn innermost(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

#[cfg(test)]
mod tests;
