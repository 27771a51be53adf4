use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::auth::{LoginAttempt, LoginGuard, Reservation};
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
    places: Semaphore,
    patience: Duration,
}

impl QueueingLoginGuard {
    /// How many guesses wait at most. One more is answered at once.
    pub const PLACES: usize = 64;

    /// Queues before this guard, each guess no longer than `patience`: then it stays
    /// [`Reservation::Pending`].
    #[must_use]
    pub fn new(guard: Arc<dyn LoginGuard>, patience: Duration) -> Self {
        Self {
            guard,
            places: Semaphore::new(Self::PLACES),
            patience,
        }
    }
}

#[async_trait]
impl LoginGuard for QueueingLoginGuard {
    async fn reserve(&self, attempt: LoginAttempt) -> Result<Reservation, RepositoryError> {
        let mut reservation = self.guard.reserve(attempt.clone()).await?;
        let Ok(_place) = self.places.try_acquire() else {
            return Ok(reservation);
        };
        let end = Instant::now() + self.patience;
        while matches!(reservation, Reservation::Pending { .. }) && Instant::now() < end {
            sleep(INTERVAL).await;
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

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.guard.sweep(now).await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::future::join_all;
    use hexpress_testkit::memory::MemoryLoginGuard;
    use hexpress_testkit::samples::attempt;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    fn queueing() -> QueueingLoginGuard {
        QueueingLoginGuard::new(Arc::new(MemoryLoginGuard::new(10)), PATIENCE)
    }

    #[tokio::test(start_paused = true)]
    async fn right_guesses_that_come_at_once_all_succeed() {
        let guard = queueing();
        let outcomes = join_all((0..20).map(async |_| {
            let outcome = guard.reserve(attempt(1, 1)).await.unwrap();
            sleep(Duration::from_millis(200)).await;
            guard.release(attempt(1, 1)).await;
            outcome
        }));
        assert_eq!(outcomes.await, [Reservation::Granted; 20]);
    }

    #[tokio::test(start_paused = true)]
    async fn of_wrong_guesses_that_come_at_once_no_more_are_granted_than_may_fail() {
        let guard = queueing();
        let outcomes = join_all((0..20).map(async |_| {
            let outcome = guard.reserve(attempt(1, 1)).await.unwrap();
            if outcome == Reservation::Granted {
                sleep(Duration::from_millis(200)).await;
                guard.fail(attempt(1, 1)).await;
            }
            outcome
        }));
        let outcomes = outcomes.await;
        let granted = outcomes
            .iter()
            .filter(|outcome| **outcome == Reservation::Granted);
        assert_eq!(granted.count(), 10);
        let begin = Instant::now();
        let refused = guard.reserve(attempt(1, 1)).await.unwrap();
        assert!(matches!(refused, Reservation::Refused { .. }));
        assert_eq!(begin.elapsed(), Duration::ZERO);
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
        assert!(matches!(one_more, Ok(Reservation::Pending { .. })));
        for (outcome, waited) in waiting.await {
            assert!(matches!(outcome, Reservation::Pending { .. }));
            assert_eq!(waited, PATIENCE);
        }
    }
}
