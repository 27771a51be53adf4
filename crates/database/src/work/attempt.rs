use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use diesel::QueryResult;
use futures_util::FutureExt;
use hexpress_domain::repository::RepositoryError;
use tracing::Instrument;

use crate::connection::{Connection, begin};
use crate::database::Inner;
use crate::error::{Failure, Fault, again, classify, classify_commit};
use crate::finishing::Finishing;
use crate::lease::{Intent, Lease};
use crate::pool::Place;
use crate::sqlite::on_thread;

/// A piece of work on a connection, with its input. It may run several times, so it must have
/// no effects outside the database.
pub type Work<I, T> = for<'a> fn(&'a mut Connection, &'a I) -> Doing<'a, T>;

/// A piece of work that is being done.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// How often work that has lost a race is done again.
const RACES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(5);

/// The server has been silent for longer than all its own limits allow: it, or the
/// way to it, is gone, and nobody has said so.
#[derive(Debug, thiserror::Error)]
#[error("no answer from the database within {} ms", .0.as_millis())]
struct Silence(Duration);

/// A bug in a piece of work. The panic itself has been reported where it happened.
#[derive(Debug, thiserror::Error)]
#[error("the work on the database panicked")]
struct Panicked;

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
pub(super) async fn run<I, T>(
    connection: &mut Connection,
    input: &I,
    work: Work<I, T>,
) -> Result<T, Failure> {
    AssertUnwindSafe(work(connection, input))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(RepositoryError::Internal(Panicked.into()).into()))
}
