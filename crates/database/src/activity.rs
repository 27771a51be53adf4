use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hexpress_domain::repository::RepositoryError;
use tokio::time::Instant;

use crate::error::Fault;

/// What goes on at a database, for those who watch it. Counts run from its opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseStatus {
    /// How many connections there may be.
    pub max_connections: usize,
    /// How many there are.
    pub connections: usize,
    /// How many of them nobody uses.
    pub idle_connections: usize,
    /// How many pieces of work wait for a connection, or (SQLite) for their turn to
    /// write.
    pub waiting: usize,
    /// How many have been given one.
    pub acquired: u64,
    /// How long those have waited, all together.
    pub waited: Duration,
    /// What has gone wrong.
    pub errors: DatabaseErrors,
}

/// How often work on a database has gone wrong, whether or not it was done again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatabaseErrors {
    /// No connection came free in time, or none could be opened.
    pub no_connection: u64,
    /// The connection was lost.
    pub connection_lost: u64,
    /// Another transaction was faster.
    pub contention: u64,
    /// The database did not answer.
    pub silence: u64,
    /// The database could not do it just then: a lock or a statement that took too
    /// long, a full disk.
    pub unavailable: u64,
    /// Anything else, which is a fault of the program or of the stored data.
    pub internal: u64,
}

/// Whether a database can serve requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It answers, and all migrations have been run.
    Ready,
    /// It answers, but migrations are missing.
    MigrationsPending,
    /// It does not answer, or not with what it should, or takes no writes.
    Unreachable,
}

/// What [`DatabaseStatus`] is read from.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    waiting: AtomicUsize,
    acquired: AtomicU64,
    waited_us: AtomicU64,
    no_connection: AtomicU64,
    connection_lost: AtomicU64,
    contention: AtomicU64,
    silence: AtomicU64,
    unavailable: AtomicU64,
    internal: AtomicU64,
    permanent_fault_at: Moment,
    success_at: Moment,
}

/// When something happened last.
#[derive(Debug, Default)]
struct Moment(Mutex<Option<Instant>>);

impl Moment {
    fn set(&self) {
        *self.last() = Some(Instant::now());
    }

    fn is(&self, within: Duration) -> bool {
        self.last().is_some_and(|at| at.elapsed() < within)
    }

    fn last(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits for a connection.
pub(crate) struct Waiting<'a> {
    activity: &'a Activity,
    since: Instant,
}

impl Activity {
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting {
            activity: self,
            since: Instant::now(),
        }
    }

    pub(crate) fn count(&self, fault: &Fault) {
        let counter = match fault {
            Fault::Connection(_) => &self.connection_lost,
            Fault::Contention(_) => &self.contention,
            Fault::Silence(_) => &self.silence,
            Fault::Answer(RepositoryError::Unavailable(_)) => &self.unavailable,
            Fault::Permanent(_) => {
                self.permanent_fault_at.set();
                &self.internal
            }
            Fault::Answer(RepositoryError::Internal(_)) => &self.internal,
            Fault::Answer(_) => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether something has failed, no longer ago than this, that fails until somebody mends
    /// the database.
    pub(crate) fn has_permanent_fault(&self, within: Duration) -> bool {
        self.permanent_fault_at.is(within)
    }

    /// Notes that a piece of work has been done.
    pub(crate) fn succeeds(&self) {
        self.success_at.set();
    }

    /// Whether a piece of work has been done, no longer ago than this.
    pub(crate) fn has_success(&self, within: Duration) -> bool {
        self.success_at.is(within)
    }

    pub(crate) fn status(&self, pool: &deadpool::Status) -> DatabaseStatus {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        DatabaseStatus {
            max_connections: pool.max_size,
            connections: pool.size,
            idle_connections: pool.available,
            waiting: self.waiting.load(Ordering::Relaxed),
            acquired: read(&self.acquired),
            waited: Duration::from_micros(read(&self.waited_us)),
            errors: DatabaseErrors {
                no_connection: read(&self.no_connection),
                connection_lost: read(&self.connection_lost),
                contention: read(&self.contention),
                silence: read(&self.silence),
                unavailable: read(&self.unavailable),
                internal: read(&self.internal),
            },
        }
    }
}

impl Waiting<'_> {
    /// Says how it ended. Dropped without, whoever waited has gone.
    pub(crate) fn ends(self, got_one: bool) {
        if !got_one {
            self.activity.no_connection.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let waited = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.activity.acquired.fetch_add(1, Ordering::Relaxed);
        self.activity.waited_us.fetch_add(waited, Ordering::Relaxed);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.activity.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
