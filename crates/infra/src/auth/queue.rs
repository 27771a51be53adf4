use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::auth::{LoginAttempt, LoginGuard, Reservation};
use hexpress_domain::clock::Clock;
use hexpress_domain::repository::RepositoryError;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

/// How often a guess that waits asks again: it holds no connection in between, and those in
/// flight may be another process's.
const INTERVAL: Duration = Duration::from_millis(50);

/// A [`LoginGuard`] whose guesses wait while only others in flight stand in their way, so that
/// right ones that come at once all succeed.
pub struct QueueingLoginGuard {
    guard: Arc<dyn LoginGuard>,
    clock: Arc<dyn Clock>,
    places: Semaphore,
    patience: Duration,
}

impl QueueingLoginGuard {
    /// How many guesses wait at most. One more is answered at once.
    pub const PLACES: usize = 64;

    /// Queues before this guard, each guess no longer than `patience`: then it stays
    /// [`Reservation::Pending`]. One that has waited counts as made when it is granted, by this
    /// clock.
    #[must_use]
    pub fn new(guard: Arc<dyn LoginGuard>, clock: Arc<dyn Clock>, patience: Duration) -> Self {
        Self {
            guard,
            clock,
            places: Semaphore::new(Self::PLACES),
            patience,
        }
    }
}

#[async_trait]
impl LoginGuard for QueueingLoginGuard {
    async fn reserve(&self, mut attempt: LoginAttempt) -> Result<Reservation, RepositoryError> {
        let mut reservation = self.guard.reserve(attempt.clone()).await?;
        let Ok(_place) = self.places.try_acquire() else {
            return Ok(reservation);
        };
        let end = Instant::now() + self.patience;
        while reservation == Reservation::Pending && Instant::now() < end {
            sleep(INTERVAL).await;
            attempt.at = self.clock.now();
            reservation = self.guard.reserve(attempt.clone()).await?;
        }
        Ok(reservation)
    }

    async fn release(&self, attempt: LoginAttempt) {
        self.guard.release(attempt).await;
    }

    async fn fail(&self, attempt: LoginAttempt) {
        self.guard.fail(attempt).await;
    }

    fn abandon(&self, attempt: LoginAttempt) {
        self.guard.abandon(attempt);
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.guard.sweep(now).await
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use futures_util::FutureExt;
    use futures_util::future::join_all;
    use hexpress_testkit::memory::MemoryLoginGuard;
    use hexpress_testkit::samples::{attempt, now};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    /// Tells the time of a paused runtime.
    struct PausedClock(Instant);

    impl Clock for PausedClock {
        fn now(&self) -> DateTime<Utc> {
            now() + self.0.elapsed()
        }
    }

    fn queueing() -> QueueingLoginGuard {
        let clock = Arc::new(PausedClock(Instant::now()));
        QueueingLoginGuard::new(Arc::new(MemoryLoginGuard::new(10)), clock, PATIENCE)
    }

    async fn granted(guard: &QueueingLoginGuard) -> Option<LoginAttempt> {
        let Reservation::Granted { at } = guard.reserve(attempt(1, 1)).await.unwrap() else {
            return None;
        };
        sleep(Duration::from_millis(200)).await;
        Some(LoginAttempt {
            at,
            ..attempt(1, 1)
        })
    }

    #[tokio::test(start_paused = true)]
    async fn right_guesses_that_come_at_once_all_succeed() {
        let guard = queueing();
        let outcomes = join_all((0..20).map(async |_| {
            let granted = granted(&guard).await.unwrap();
            guard.release(granted.clone()).await;
            granted.at
        }));
        let mut times = outcomes.await;
        times.dedup();
        assert_eq!(times, [now(), now() + TimeDelta::milliseconds(200)]);
    }

    #[tokio::test(start_paused = true)]
    async fn of_wrong_guesses_that_come_at_once_no_more_are_granted_than_may_fail() {
        let guard = queueing();
        let outcomes = join_all((0..20).map(async |_| {
            let granted = granted(&guard).await?;
            guard.fail(granted).await;
            Some(())
        }));
        assert_eq!(outcomes.await.iter().flatten().count(), 10);
        let begin = Instant::now();
        let refused = guard.reserve(attempt(1, 1)).await.unwrap();
        assert!(matches!(refused, Reservation::Refused { .. }));
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_guess_that_waits_is_granted_in_the_next_window() {
        let guard = queueing();
        let before = attempt(1, 1).at - TimeDelta::seconds(59);
        for _ in 0..10 {
            let attempt = LoginAttempt {
                at: before,
                ..attempt(1, 1)
            };
            guard.reserve(attempt).await.unwrap();
        }
        let granted = granted(&guard).await.unwrap();
        assert_eq!(granted.at, now() + TimeDelta::seconds(1));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever_and_only_so_many_at_once() {
        let guard = queueing();
        for _ in 0..10 {
            guard.reserve(attempt(1, 1)).await.unwrap();
        }
        let waiting = join_all((0..QueueingLoginGuard::PLACES).map(async |_| {
            let begin = Instant::now();
            let outcome = guard.reserve(attempt(1, 1)).await.unwrap();
            (outcome, begin.elapsed())
        }));
        let mut waiting = Box::pin(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        let one_more = guard.reserve(attempt(1, 1)).now_or_never().unwrap();
        assert_eq!(one_more.unwrap(), Reservation::Pending);
        for (outcome, waited) in waiting.await {
            assert_eq!((outcome, waited), (Reservation::Pending, PATIENCE));
        }
    }
}
