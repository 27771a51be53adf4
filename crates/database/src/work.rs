use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use diesel::QueryResult;
use diesel::result::Error;
use futures_util::FutureExt;
use hexpress_domain::repository::RepositoryError;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{Instrument, Span};

use crate::connection::{Connection, begin};
use crate::database::{Database, Inner};
use crate::error::{Failure, Fault, again, classify, classify_commit, is_of_another_schema};
use crate::finishing::Finishing;
use crate::lease::{Intent, Lease, timed_out};
use crate::pool::Place;
use crate::sqlite::group_commit::{Queue, Queued};
use crate::sqlite::on_thread;

/// A piece of work on a connection, with its input. It may run several times, so it must have
/// no effects outside the database.
pub type Work<I, T> = for<'a> fn(&'a mut Connection, &'a I) -> Doing<'a, T>;

/// A piece of work that is being done.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// How long a statement of a search may take on PostgreSQL.
const SEARCH_LIMIT: Duration = Duration::from_secs(2);

/// How often work that has lost a race is done again.
const RACES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(5);

/// The server has been silent for longer than all its own limits allow: it, or the
/// way to it, is gone, and nobody has said so.
#[derive(Debug, thiserror::Error)]
#[error("no answer from the database within {} ms", .0.as_millis())]
struct Silence(Duration);

/// The database is closed, or a bug has ended a group of writes.
#[derive(Debug, thiserror::Error)]
#[error("the write was given up, and what became of it is unknown")]
struct GivenUp;

/// A bug in a piece of work. The panic itself has been reported where it happened.
#[derive(Debug, thiserror::Error)]
#[error("the work on the database panicked")]
struct Panicked;

impl Database {
    /// Runs statements that write nothing, outside of a transaction. Where the connection
    /// turns out to be broken they run once more on a new one.
    ///
    /// # Errors
    ///
    /// What the work returns, and what a failure of the database means.
    /// [`RepositoryError::Unavailable`] where no connection comes free.
    pub async fn read<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Intent::Read, input, work, |_| true).await
    }

    /// A [`read`](Self::read) of a few rows that are found by their keys. SQLite runs it on
    /// the calling thread, which takes less time than handing it to another one. Use `read`
    /// for whatever may take longer, since nothing else runs on the thread meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Database::read`].
    pub async fn look_up<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Intent::LookUp, input, work, |_| true).await
    }

    /// A [`read`](Self::read) that may have to look at every row, such as a search for one
    /// character. At most half of the connections do so at once; on PostgreSQL no statement of
    /// it takes longer than two seconds. At most 64 wait for that. SQLite has no limit of time: Diesel
    /// cannot interrupt it.
    ///
    /// # Errors
    ///
    /// As [`Database::read`]; [`RepositoryError::Unavailable`] also beyond these limits.
    pub async fn search<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let limit = SEARCH_LIMIT.min(self.inner.options.statement_timeout);
        self.run(Intent::Search(limit), input, work, |_| true).await
    }

    /// Runs statements in one transaction.
    ///
    /// Once begun, the transaction is finished even if the returned future is dropped:
    /// otherwise a request that is given up could leave it open, with its locks, on a
    /// connection that others will use. A transaction that has lost its connection before
    /// the commit, or a race, is done again, a bounded number of times.
    ///
    /// On SQLite, several writes share a transaction (group commit), each in a savepoint of
    /// its own. They return when it is on the disk. Where that fails, it fails for all of
    /// them. A write that waits for its turn when the returned future is dropped is not done.
    /// At most 1,024 wait at once.
    ///
    /// # Errors
    ///
    /// What the work returns, and what a failure of the database means. After
    /// [`RepositoryError::Unavailable`] the transaction may have been committed.
    pub async fn write<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.write_if(|_| true, input, work).await
    }

    /// A [`write`](Self::write) that is rolled back if `keeps` is false of what the work
    /// returns. The value is returned all the same.
    ///
    /// # Errors
    ///
    /// As [`Database::write`].
    pub async fn write_if<I, T>(
        &self,
        keeps: fn(&T) -> bool,
        input: I,
        work: Work<I, T>,
    ) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Intent::Write, input, work, keeps).await
    }

    /// A statement that names a table or a column which is not there fails by a fault of ours,
    /// unless migrations are under way: then it will pass.
    async fn run<I, T>(
        &self,
        intent: Intent,
        input: I,
        work: Work<I, T>,
        keeps: fn(&T) -> bool,
    ) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        match self.inner.run(intent, Arc::new(input), work, keeps).await {
            Err(RepositoryError::Internal(source))
                if source.downcast_ref().is_some_and(is_of_another_schema)
                    && self
                        .migrator()
                        .pending()
                        .await
                        .is_ok_and(|all| !all.is_empty()) =>
            {
                Err(RepositoryError::Unavailable(source))
            }
            outcome => outcome,
        }
    }

    /// A [`write`](Self::write) that decides on a row which it locks first. PostgreSQL gets
    /// that first statement together with BEGIN, in one round trip.
    ///
    /// The first statement must only read, as a locking query does: where BEGIN fails, it runs
    /// outside of a transaction before the work is given up. No later one does.
    ///
    /// # Errors
    ///
    /// As [`Database::write`].
    pub async fn change<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Intent::Change, input, work, |_| true).await
    }

    /// A [`change`](Self::change) of maintenance, for which nobody waits: its statements, and all
    /// of them together, have no time limit on PostgreSQL. Locks are waited for as long as by
    /// others.
    ///
    /// # Errors
    ///
    /// As [`Database::write`].
    pub async fn maintain<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Intent::Maintain, input, work, |_| true).await
    }

    /// Spawns a [`write`](Self::write) that nobody waits for. Its failure is only logged. It
    /// is left out while four of them run, so that writes that are waited for come first.
    pub fn spawn_write<I>(&self, input: I, work: Work<I, ()>)
    where
        I: Send + Sync + 'static,
    {
        let Ok(turn) = Arc::clone(&self.inner.spawned_writes).try_acquire_owned() else {
            return;
        };
        let inner = Arc::clone(&self.inner);
        let task = async move {
            let _turn = turn;
            let done = inner.run(Intent::Write, Arc::new(input), work, |()| true);
            if let Err(error) = done.await {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "a spawned write failed");
            }
        };
        self.inner.work.spawn(task.in_current_span());
    }
}

impl Inner {
    /// Does a piece of work, again where it may succeed then.
    pub(crate) async fn run<I, T>(
        &self,
        intent: Intent,
        input: Arc<I>,
        work: Work<I, T>,
        keeps: fn(&T) -> bool,
    ) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let mut lost_connections = 0;
        let mut lost_races = 0;
        loop {
            let outcome = match (intent, self.connections.queue()) {
                (Intent::Write | Intent::Change | Intent::Maintain, Some(queue)) => {
                    self.group_commit(queue, Arc::clone(&input), work, keeps)
                        .await?
                }
                _ => self.alone(intent, Arc::clone(&input), work, keeps).await?,
            };
            let outcome = match outcome {
                Err(Fault::Connection(source)) if lost_connections > 0 => Err(again(source)),
                outcome => outcome,
            };
            if let Err(fault) = &outcome {
                self.connections.activity.count(fault);
            }
            match outcome {
                Ok(value) => {
                    self.connections.activity.succeeds();
                    return Ok(value);
                }
                Err(Fault::Connection(_)) if lost_connections == 0 => {
                    lost_connections += 1;
                    self.connections.discard_idle();
                }
                Err(Fault::Contention(_)) if lost_races < RACES => {
                    lost_races += 1;
                    tokio::time::sleep(PAUSE * lost_races).await;
                }
                Err(fault @ Fault::Silence(_)) => {
                    self.connections.discard_idle();
                    return Err(fault.into());
                }
                Err(fault) => return Err(fault.into()),
            }
        }
    }

    /// Does the work on a connection of its own.
    async fn alone<I, T>(
        &self,
        intent: Intent,
        input: Arc<I>,
        work: Work<I, T>,
        keeps: fn(&T) -> bool,
    ) -> Result<Result<T, Fault>, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let lease = self.connections.acquire(intent).await?;
        let attempt = attempt(lease, intent, input, work, keeps).in_current_span();
        let outcome = match self.connections.place(intent) {
            Place::Here => attempt.await,
            Place::Server => {
                let attempt = AssertUnwindSafe(attempt).catch_unwind();
                Finishing::new(self.work.track_future(attempt))
                    .await
                    .unwrap_or_else(|_| {
                        Err(Fault::Answer(RepositoryError::Internal(Panicked.into())))
                    })
            }
            Place::Thread => on_thread(self.work.track_future(attempt))
                .await
                .unwrap_or_else(|error| {
                    Err(Fault::Answer(RepositoryError::Internal(error.into())))
                }),
        };
        Ok(outcome)
    }

    /// Does the work in a savepoint of a transaction that several writes share.
    async fn group_commit<I, T>(
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
        let waiting_input = Arc::new((input, queue.place()?));
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

async fn attempt<I, T>(
    mut lease: Lease,
    intent: Intent,
    input: Arc<I>,
    work: Work<I, T>,
    keeps: fn(&T) -> bool,
) -> Result<T, Fault> {
    let limit = lease.limit.filter(|_| intent != Intent::Maintain);
    let input = input.as_ref();
    lease.connection.log_statements();
    let doing = async {
        match intent {
            Intent::LookUp | Intent::Read => read(&mut lease, input, work).await,
            Intent::Search(_) if is_sqlite(&lease.connection) => {
                read(&mut lease, input, work).await
            }
            Intent::Search(_) | Intent::Write | Intent::Change | Intent::Maintain => {
                transaction(&mut lease, intent, input, work, keeps).await
            }
        }
    };
    let outcome = match limit {
        None => doing.await,
        Some(limit) => tokio::time::timeout(limit, doing)
            .await
            .unwrap_or_else(|_| Err(Fault::Silence(Silence(limit).into()))),
    };
    lease.connection.end_log();
    if lease.is_tainted || matches!(outcome, Err(Fault::Connection(_) | Fault::Silence(_))) {
        lease.discard();
    }
    outcome
}

const fn is_sqlite(connection: &Connection) -> bool {
    matches!(connection, Connection::Sqlite(_))
}

async fn read<I, T>(lease: &mut Lease, input: &I, work: Work<I, T>) -> Result<T, Fault> {
    run(&mut lease.connection, input, work)
        .await
        .map_err(|failure| Fault::of(failure, lease.meaning_of))
}

async fn transaction<I, T>(
    lease: &mut Lease,
    intent: Intent,
    input: &I,
    work: Work<I, T>,
    keeps: fn(&T) -> bool,
) -> Result<T, Fault> {
    let meaning_of = lease.meaning_of;
    let begun = begin_and_run(&mut lease.connection, intent, input, work).await;
    lease.is_tainted = begun.is_err();
    let outcome = begun.map_err(|error| classify(error, meaning_of))?;
    if outcome.as_ref().is_ok_and(keeps) {
        let commit = lease.connection.commit().await;
        lease.is_tainted = commit.is_err();
        commit.map_err(|error| classify_commit(error, meaning_of))?;
    } else {
        lease.is_tainted = lease.connection.rollback().await.is_err();
    }
    outcome.map_err(|failure| Fault::of(failure, meaning_of))
}

/// Begins a transaction and does the work in it. An error of its own is one of BEGIN.
async fn begin_and_run<I, T>(
    connection: &mut Connection,
    intent: Intent,
    input: &I,
    work: Work<I, T>,
) -> QueryResult<Result<T, Failure>> {
    let (shared, sql) = match (&*connection, intent) {
        (Connection::Postgres(shared), Intent::Change) => (Arc::clone(shared), "BEGIN".to_owned()),
        (Connection::Postgres(shared), Intent::Search(limit)) => {
            let limit = limit.as_millis();
            let sql = format!("BEGIN READ ONLY; SET LOCAL statement_timeout = {limit}");
            (Arc::clone(shared), sql)
        }
        (Connection::Postgres(shared), Intent::Maintain) => {
            let sql = "BEGIN; SET LOCAL statement_timeout = 0".to_owned();
            (Arc::clone(shared), sql)
        }
        _ => {
            connection.begin().await?;
            return Ok(run(connection, input, work).await);
        }
    };
    let (mut begin, mut work) = (pin!(begin(shared, sql)), pin!(run(connection, input, work)));
    // Polled first, BEGIN is sent first and answered first. So the work gets no answer, and
    // sends no second statement, unless BEGIN has succeeded.
    tokio::select! {
        biased;
        begun = &mut begin => {
            begun?;
            Ok(work.await)
        }
        outcome = &mut work => {
            begin.await?;
            Ok(outcome)
        }
    }
}

/// Does the work. A panic in it is a failure like others, so that its transaction is rolled
/// back.
async fn run<I, T>(connection: &mut Connection, input: &I, work: Work<I, T>) -> Result<T, Failure> {
    AssertUnwindSafe(work(connection, input))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(RepositoryError::Internal(Panicked.into()).into()))
}

#[cfg(test)]
mod tests;
