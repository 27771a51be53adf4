use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Instant, Prepared, StoredInstant};
use hexpress_database::{Connection, Database, Failure, SWEEP_BATCH, on_backend};
use hexpress_domain::auth::{LoginAttempt, LoginGuard, Reservation};
use hexpress_domain::repository::RepositoryError;
use sha2::{Digest, Sha256};

use crate::schema::login_counters;

/// [`LoginGuard`] in the database: counters of fixed windows, each of which begins
/// with the first guess that it counts.
#[derive(Clone)]
pub struct DieselLoginGuard {
    database: Database,
    limit_per_minute: u32,
}

/// One of the limits that a guess falls under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counter {
    key: [u8; 32],
    limit: i64,
    window: TimeDelta,
}

/// The counters of an attempt, in the order of their keys: attempts that share some
/// take them in one order and cannot wait for each other in a circle.
struct Counters {
    counters: [Counter; 3],
    at: DateTime<Utc>,
}

impl DieselLoginGuard {
    /// Counters in this database, whose migrations have been run.
    ///
    /// `limit_per_minute` is for each pair of email and address; five times it for
    /// each address; ten times it in an hour for each email. 0 grants everything
    /// and writes nothing.
    #[must_use]
    pub const fn new(database: Database, limit_per_minute: u32) -> Self {
        Self {
            database,
            limit_per_minute,
        }
    }

    /// Counts a guess as in flight, unless that passes a limit.
    async fn count(self, attempt: LoginAttempt) -> Result<Untold, RepositoryError> {
        let counters = self.counters(&attempt);
        let reservation = self
            .database
            .write_if(is_granted, counters, |connection, counters| {
                Box::pin(count(connection, counters))
            })
            .await?;
        Ok(Untold {
            guard: self,
            attempt,
            reservation,
            is_told: false,
        })
    }

    /// Ends the flight of a guess, with this many failures.
    async fn land(self, attempt: LoginAttempt, failures: i64) {
        if self.limit_per_minute == 0 {
            return;
        }
        let landed = self.database.write(
            (self.counters(&attempt), failures),
            |connection, (counters, failures)| Box::pin(land(connection, counters, *failures)),
        );
        if let Err(error) = landed.await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "a guess stays in flight until its window ends");
        }
    }

    /// Ends the flight of a guess, even if the returned future is dropped, or never polled.
    fn landing(
        &self,
        attempt: LoginAttempt,
        failures: i64,
    ) -> impl Future<Output = ()> + Send + use<> {
        self.database.finish(self.clone().land(attempt, failures))
    }

    fn counters(&self, attempt: &LoginAttempt) -> Counters {
        let limit = i64::from(self.limit_per_minute);
        let email = attempt.email.as_str();
        let address = attempt.address.to_string();
        let mut counters = [
            Counter {
                key: key(["pair", email, &address]),
                limit,
                window: TimeDelta::minutes(1),
            },
            Counter {
                key: key(["address", "", &address]),
                limit: limit * 5,
                window: TimeDelta::minutes(1),
            },
            Counter {
                key: key(["email", email, ""]),
                limit: limit * 10,
                window: TimeDelta::hours(1),
            },
        ];
        counters.sort_by_key(|counter| counter.key);
        Counters {
            counters,
            at: attempt.at,
        }
    }
}

/// What was decided of a guess, until its caller is told. Dropped before that, since the caller
/// has gone, one that was granted is abandoned.
struct Untold {
    guard: DieselLoginGuard,
    attempt: LoginAttempt,
    reservation: Reservation,
    is_told: bool,
}

impl Untold {
    fn tell(mut self) -> Reservation {
        self.is_told = true;
        self.reservation
    }
}

impl Drop for Untold {
    fn drop(&mut self) {
        if is_granted(&self.reservation) && !self.is_told {
            self.guard.abandon(self.attempt.clone());
        }
    }
}

const fn is_granted(reservation: &Reservation) -> bool {
    matches!(reservation, Reservation::Granted { .. })
}

/// What is counted stands in no table; neither an email nor an address holds U+0000.
fn key(parts: [&str; 3]) -> [u8; 32] {
    Sha256::digest(parts.join("\0")).into()
}

#[async_trait]
impl LoginGuard for DieselLoginGuard {
    async fn reserve(&self, attempt: LoginAttempt) -> Result<Reservation, RepositoryError> {
        if self.limit_per_minute == 0 {
            return Ok(Reservation::Granted { at: attempt.at });
        }
        let refused = self
            .database
            .look_up(self.counters(&attempt), |connection, counters| {
                Box::pin(look(connection, counters))
            })
            .await?;
        if let Some(refused) = refused {
            return Ok(refused);
        }
        let counting = self.database.finish(self.clone().count(attempt));
        counting.await.map(Untold::tell)
    }

    async fn release(&self, attempt: LoginAttempt) {
        self.landing(attempt, 0).await;
    }

    async fn fail(&self, attempt: LoginAttempt) {
        self.landing(attempt, 1).await;
    }

    fn abandon(&self, attempt: LoginAttempt) {
        drop(self.landing(attempt, 1));
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.database
            .sweep(now, |connection, now| {
                Box::pin(sweep_batch(connection, *now))
            })
            .await
    }
}

/// Why no guess may be made, if a counter stands at its limit.
async fn look(
    connection: &mut Connection,
    counters: &Counters,
) -> Result<Option<Reservation>, Failure> {
    let at = counters.at;
    let keys = counters.counters.iter().map(|counter| counter.key.to_vec());
    let open: Vec<(Vec<u8>, i64, i64, StoredInstant)> = on_backend!(connection, |c| {
        login_counters::table
            .select((
                login_counters::key,
                login_counters::count,
                login_counters::in_flight,
                login_counters::window_ends_at,
            ))
            .filter(login_counters::key.eq_any(keys))
            .filter(login_counters::window_ends_at.gt(StoredInstant(at)))
            .load(c)
            .await?
    });
    let refusals = open
        .into_iter()
        .filter_map(|(key, failed, in_flight, StoredInstant(end))| {
            let mut counters = counters.counters.iter();
            let counter = counters.find(|counter| counter.key.as_slice() == key)?;
            counter.refusal(failed, in_flight, end - at)
        });
    Ok(refusals.max())
}

impl Counter {
    /// Why no guess may be made beside what is counted, in a window that ends so soon.
    fn refusal(&self, failed: i64, in_flight: i64, left: TimeDelta) -> Option<Reservation> {
        let retry_after = left.to_std().unwrap_or(Duration::ZERO);
        if failed >= self.limit {
            Some(Reservation::Refused { retry_after })
        } else if failed + in_flight >= self.limit {
            Some(Reservation::Pending)
        } else {
            None
        }
    }
}

/// Counts the attempt as in flight everywhere, until it passes a limit: then what was counted
/// must not stay.
async fn count(connection: &mut Connection, counters: &Counters) -> Result<Reservation, Failure> {
    for counter in &counters.counters {
        let now = StoredInstant(counters.at);
        let counted: (i64, i64, StoredInstant) = on_backend!(&mut *connection, |c| {
            let if_open = |outcomes: &str| {
                sql::<BigInt>("CASE WHEN login_counters.window_ends_at > ")
                    .bind::<Instant, _>(now)
                    .sql(outcomes)
            };
            let upsert = diesel::insert_into(login_counters::table)
                .values((
                    login_counters::key.eq(counter.key.as_slice()),
                    login_counters::count.eq(0),
                    login_counters::in_flight.eq(1),
                    login_counters::window_ends_at.eq(StoredInstant(counters.at + counter.window)),
                ))
                .on_conflict(login_counters::key)
                .do_update()
                .set((
                    login_counters::count.eq(if_open(" THEN login_counters.count ELSE 0 END")),
                    login_counters::in_flight
                        .eq(if_open(" THEN login_counters.in_flight ELSE 0 END + 1")),
                    login_counters::window_ends_at.eq(sql::<Instant>(
                        "CASE WHEN login_counters.window_ends_at > ",
                    )
                    .bind::<Instant, _>(now)
                    // Of guesses that overtake each other, the window begins with the earliest.
                    .sql(" AND login_counters.window_ends_at < excluded.window_ends_at")
                    .sql(" THEN login_counters.window_ends_at ELSE excluded.window_ends_at END")),
                ))
                .returning((
                    login_counters::count,
                    login_counters::in_flight,
                    login_counters::window_ends_at,
                ));
            Prepared(upsert).get_result(c).await?
        });
        let (failed, in_flight, StoredInstant(end)) = counted;
        if let Some(refusal) = counter.refusal(failed, in_flight - 1, end - counters.at) {
            return Ok(refusal);
        }
    }
    Ok(Reservation::Granted { at: counters.at })
}

/// Changes the counts of the attempt in the windows that counted it, where they are open.
async fn land(
    connection: &mut Connection,
    counters: &Counters,
    failures: i64,
) -> Result<(), Failure> {
    for counter in &counters.counters {
        let latest_end = counters.at + counter.window;
        on_backend!(&mut *connection, |c| {
            let update = diesel::update(login_counters::table.find(counter.key.as_slice()))
                .filter(login_counters::window_ends_at.gt(StoredInstant(counters.at)))
                .filter(login_counters::window_ends_at.le(StoredInstant(latest_end)))
                .filter(login_counters::in_flight.gt(0))
                .set((
                    login_counters::count.eq(login_counters::count + failures),
                    login_counters::in_flight.eq(login_counters::in_flight - 1),
                ));
            Prepared(update).execute(c).await?
        });
    }
    Ok(())
}

async fn sweep_batch(connection: &mut Connection, now: DateTime<Utc>) -> Result<u64, Failure> {
    let closed = diesel::alias!(login_counters as closed);
    let batch = closed
        .filter(
            closed
                .field(login_counters::window_ends_at)
                .le(StoredInstant(now)),
        )
        .select(closed.field(login_counters::key))
        .limit(SWEEP_BATCH.into());
    let count = on_backend!(connection, |c| {
        diesel::delete(login_counters::table)
            .filter(login_counters::key.eq_any(batch))
            // A guess that is counted meanwhile opens the window anew.
            .filter(login_counters::window_ends_at.le(StoredInstant(now)))
            .execute(c)
            .await?
    });
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}
