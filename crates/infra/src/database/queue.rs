//! SQLite's one writer. Writes that have queued up share a transaction, and with it the
//! one wait for the disk that makes them last. Each is a part of it that comes or goes for
//! itself, and is told only what the commit has made true.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::result::Error;
use hexpress_domain::repository::RepositoryError;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;

use super::connection::Connection;
use super::error::{Fault, classify};
use super::pool::{Intent, Lease, SqlitePool, timed_out};
use super::sqlite::on_thread;

/// How many writes share a transaction at most.
const GROUP: usize = 256;

/// After how long a transaction takes no more of them: the first one waits for the last.
/// The tests of this crate hold a write until others have queued up, for as long as a
/// busy machine needs.
const GROUP_TIME: Duration = if cfg!(test) {
    Duration::from_secs(60)
} else {
    Duration::from_millis(50)
};

/// A write that waits for its turn.
#[async_trait]
pub(super) trait Queued: Send {
    /// Says that its turn has come. False where it came too late: then it is not to be
    /// done.
    fn has_turn(&mut self) -> bool;

    /// Does it as a part of the open transaction, and keeps what comes of it. An error
    /// is one of the transaction, of which nothing more can come.
    async fn run(&mut self, connection: &mut Connection) -> Result<(), Error>;

    /// Says what came of it, once the transaction is committed.
    fn is_done(self: Box<Self>);

    /// Says that it was not done, or that nobody can know.
    fn is_given_up(self: Box<Self>, fault: Fault);
}

/// Where writes queue up.
pub(super) struct Queue {
    end: mpsc::UnboundedSender<Box<dyn Queued>>,
}

/// A transaction in which others had a part was not committed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the transaction that this was a part of failed")]
struct GroupFailed(#[source] Arc<Error>);

type Writes = mpsc::UnboundedReceiver<Box<dyn Queued>>;

impl Queue {
    /// A queue, and who works it off until it is dropped. A write for which no
    /// connection comes free within `patience` is given up.
    pub(super) fn of(pool: SqlitePool, patience: Duration) -> Self {
        let (end, writes) = mpsc::unbounded_channel();
        tokio::spawn(work_off(writes, pool, patience));
        Self { end }
    }

    /// Puts a write at the end. Never waits; where nobody works the queue off any more,
    /// the write is dropped.
    pub(super) fn push(&self, write: Box<dyn Queued>) {
        self.end.send(write).ok();
    }
}

async fn work_off(mut writes: Writes, pool: SqlitePool, patience: Duration) {
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

/// Does a write and those that have queued up behind it in one transaction.
async fn group(mut lease: Lease, first: Box<dyn Queued>, writes: &mut Writes) {
    let begun = Instant::now();
    let mut next = Some(first);
    let mut done = Vec::new();
    let mut outcome = Ok(());
    while let Some(mut write) = next.take() {
        if write.has_turn() {
            if done.is_empty() {
                // What all share is logged in the span of none.
                lease.connection.log_statements();
                if let Err(error) = lease.connection.begin().await {
                    write.is_given_up(classify(error));
                    return;
                }
            }
            outcome = write.run(&mut lease.connection).await;
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
            // Before those go on who will want it.
            drop(lease);
            for write in done {
                write.is_done();
            }
        }
        Err(error) => {
            // It may have rolled back by itself.
            lease.connection.rollback().await.ok();
            lease.discard();
            let failed = GroupFailed(Arc::new(error));
            for write in done {
                let failed = RepositoryError::Unavailable(failed.clone().into());
                write.is_given_up(Fault::Answer(failed));
            }
        }
    }
}

#[cfg(test)]
mod tests;
