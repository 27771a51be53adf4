use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use diesel::result::Error;
use hexpress_domain::repository::RepositoryError;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{Instrument, Span};

use super::attempt::{Work, run};
use crate::database::Inner;
use crate::error::Fault;
use crate::lease::{Lease, timed_out};
use crate::sqlite::group_commit::{Queue, Queued};

/// The database is closed, or a bug has ended a group of writes.
#[derive(Debug, thiserror::Error)]
#[error("the write was given up, and what became of it is unknown")]
struct GivenUp;

impl Inner {
    /// Does the work in a savepoint of a transaction that several writes share.
    pub(super) async fn group_commit<I, T>(
        &self,
        queue: &Queue,
        input: Arc<I>,
        work: Work<I, T>,
        keeps: fn(&T) -> bool,
    ) -> Result<Result<T, Fault>, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let waiting = self.connections.activity.wait();
        let patience = self.connections.acquire_timeout();
        let place = match queue.place() {
            Ok(place) => place,
            Err(error) => {
                waiting.ends(false);
                return Err(error);
            }
        };
        let waiting_input = Arc::new((input, place));
        let is_taken = Arc::new(AtomicBool::new(false));
        let (turn, has_turn) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        queue.push(Box::new(QueuedWrite {
            waiting: Arc::downgrade(&waiting_input),
            running: None,
            work,
            keeps,
            is_taken: Arc::clone(&is_taken),
            turn: Some(turn),
            outcome: None,
            answer,
            span: Span::current(),
            _is_running: self.work.token(),
        }));
        let has_turn = match tokio::time::timeout(patience, has_turn).await {
            Ok(has_turn) => has_turn.is_ok(),
            Err(_) => {
                if !is_taken.swap(true, Ordering::AcqRel) {
                    waiting.ends(false);
                    return Err(timed_out(patience));
                }
                true
            }
        };
        waiting.ends(has_turn);
        let outcome = answered.await;
        Ok(outcome
            .unwrap_or_else(|_| Err(Fault::Answer(RepositoryError::Unavailable(GivenUp.into())))))
    }
}

/// A piece of work in the queue of the group commit.
struct QueuedWrite<I, T> {
    /// The input and the place in the queue. They are the caller's until its turn comes: who
    /// goes before takes them along.
    waiting: Weak<(Arc<I>, OwnedSemaphorePermit)>,
    running: Option<Arc<(Arc<I>, OwnedSemaphorePermit)>>,
    work: Work<I, T>,
    keeps: fn(&T) -> bool,
    /// Whether it is being done, or never will be.
    is_taken: Arc<AtomicBool>,
    turn: Option<oneshot::Sender<()>>,
    outcome: Option<Result<T, Fault>>,
    answer: oneshot::Sender<Result<T, Fault>>,
    span: Span,
    _is_running: TaskTrackerToken,
}

#[async_trait]
impl<I, T> Queued for QueuedWrite<I, T>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
{
    fn has_turn(&mut self) -> bool {
        self.running = self.waiting.upgrade();
        if self.running.is_none() || self.is_taken.swap(true, Ordering::AcqRel) {
            return false;
        }
        if let Some(turn) = self.turn.take() {
            turn.send(()).ok();
        }
        true
    }

    async fn run(&mut self, lease: &mut Lease) -> Result<(), Error> {
        let Some(running) = self.running.clone() else {
            return Ok(());
        };
        let connection = &mut lease.connection;
        let meaning_of = lease.meaning_of;
        let span = self.span.clone();
        let running = async {
            connection.log_statements();
            connection.begin_savepoint().await?;
            let outcome = run(connection, &*running.0, self.work).await;
            if outcome.as_ref().is_ok_and(self.keeps) {
                connection.commit().await?;
            } else {
                connection.rollback().await?;
            }
            self.outcome = Some(outcome.map_err(|failure| Fault::of(failure, meaning_of)));
            Ok(())
        };
        running.instrument(span).await
    }

    fn is_done(self: Box<Self>) {
        if let Some(outcome) = self.outcome {
            self.answer.send(outcome).ok();
        }
    }

    fn is_given_up(self: Box<Self>, fault: Fault) {
        self.answer.send(Err(fault)).ok();
    }
}
