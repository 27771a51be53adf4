//! Group commit for SQLite's one writer. Writes that have queued up share a transaction, and
//! with it one wait for the disk. Each has a savepoint of its own, and learns its result only
//! when the transaction is committed.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::result::Error;
use hexpress_domain::repository::RepositoryError;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

use crate::error::{Fault, classify, classify_commit};
use crate::lease::{Intent, Lease, Overloaded, timed_out, unavailable};
use crate::sqlite::opener::on_thread;
use crate::sqlite::pool::SqlitePool;

/// How many writes share a transaction at most.
const GROUP: usize = 256;

/// How many writes wait at most. Beyond that they are refused, so that none waits in vain.
pub(crate) const MAX_QUEUED: usize = 1024;

/// After how long a transaction takes no more writes, since the first one waits for the last.
/// The unit tests hold a write until others have queued up, for as long as a busy machine
/// needs.
const GROUP_TIME: Duration = if cfg!(test) {
    Duration::from_secs(60)
} else {
    Duration::from_millis(50)
};

/// A write that waits for its turn.
#[async_trait]
pub(crate) trait Queued: Send {
    /// Tells it that its turn has come. `false` where its caller has gone or waits no more:
    /// then do not run it.
    fn has_turn(&mut self) -> bool;

    /// Runs it in a savepoint of the open transaction and keeps the result. An error is one
    /// of the transaction, which must be rolled back.
    async fn run(&mut self, lease: &mut Lease) -> Result<(), Error>;

    /// Passes the result on, once the transaction is committed.
    fn is_done(self: Box<Self>);

    /// Passes on that it was not done, or that nobody can know.
    fn is_given_up(self: Box<Self>, fault: Fault);
}

/// Where writes queue up.
pub(crate) struct Queue {
    end: mpsc::UnboundedSender<Box<dyn Queued>>,
    places: Arc<Semaphore>,
}

/// The transaction that several writes shared was not committed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the transaction that this was a part of failed")]
struct GroupFailed(#[source] Arc<dyn StdError + Send + Sync>);

/// What a group's failure is to each of its writes.
fn failed(fault: Fault) -> impl Fn() -> Fault {
    let is_permanent = matches!(fault, Fault::Permanent(_));
    let failed = GroupFailed(fault.into_source().into());
    move || {
        let failed = failed.clone().into();
        match is_permanent {
            true => Fault::Permanent(failed),
            false => Fault::Answer(RepositoryError::Unavailable(failed)),
        }
    }
}

type Writes = mpsc::UnboundedReceiver<Box<dyn Queued>>;

impl Queue {
    /// Makes a queue, and spawns the task that runs its writes until the queue is dropped. A
    /// write for which no connection comes free within `patience` is given up.
    pub(crate) fn new(pool: SqlitePool, patience: Duration) -> Self {
        let (end, writes) = mpsc::unbounded_channel();
        tokio::spawn(run_queue(writes, pool, patience));
        Self {
            end,
            places: Arc::new(Semaphore::new(MAX_QUEUED)),
        }
    }

    /// A place for one write.
    pub(crate) fn place(&self) -> Result<OwnedSemaphorePermit, RepositoryError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|_| unavailable(Overloaded))
    }

    /// Puts a write at the end, without waiting. Where the task has ended, the write is
    /// dropped.
    pub(crate) fn push(&self, write: Box<dyn Queued>) {
        self.end.send(write).ok();
    }
}

async fn run_queue(mut writes: Writes, pool: SqlitePool, patience: Duration) {
    while let Some(first) = writes.recv().await {
        let lease = tokio::time::timeout(patience, pool.wait(Intent::Write)).await;
        match lease {
            Ok(Ok(lease)) => {
                let shared = Arc::new(Mutex::new(writes));
                let others = Arc::clone(&shared);
                let group = async move {
                    let mut writes = others.lock().await;
                    group(lease, first, &mut writes).await;
                };
                if let Err(error) = on_thread(group).await {
                    tracing::error!(%error, "a group of writes was given up");
                }
                let Some(rest) = Arc::into_inner(shared) else {
                    return;
                };
                writes = rest.into_inner();
            }
            Ok(Err(error)) => first.is_given_up(Fault::Answer(error)),
            Err(_) => first.is_given_up(Fault::Answer(timed_out(patience))),
        }
    }
}

/// Runs a write and those that have queued up behind it in one transaction.
async fn group(mut lease: Lease, first: Box<dyn Queued>, writes: &mut Writes) {
    let begun = Instant::now();
    let mut next = Some(first);
    let mut done = Vec::new();
    let mut outcome = Ok(());
    while let Some(mut write) = next.take() {
        if write.has_turn() {
            if done.is_empty() {
                // BEGIN and COMMIT belong to the spans of none of the writes.
                lease.connection.log_statements();
                if let Err(error) = lease.connection.begin().await {
                    write.is_given_up(classify(error, lease.meaning_of));
                    return;
                }
            }
            outcome = write.run(&mut lease).await;
            lease.connection.log_statements();
            done.push(write);
        }
        if outcome.is_ok() && done.len() < GROUP && begun.elapsed() < GROUP_TIME {
            next = writes.try_recv().ok();
        }
    }
    if done.is_empty() {
        return;
    }
    let outcome = match outcome {
        Ok(()) => lease.connection.commit().await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => {
            // Before the callers go on, who may want the connection.
            drop(lease);
            for write in done {
                write.is_done();
            }
        }
        Err(error) => {
            // It may have rolled back by itself.
            lease.connection.rollback().await.ok();
            let meaning_of = lease.meaning_of;
            lease.discard();
            let failed = failed(classify_commit(error, meaning_of));
            for write in done {
                write.is_given_up(failed());
            }
        }
    }
}

#[cfg(test)]
mod tests;
