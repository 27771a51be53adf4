use std::sync::Arc;
use std::time::Duration;

use hexpress_domain::auth::{LoginAttempt, LoginGuard, Reservation};

use crate::Error;

/// When to come back for a guess that only others in flight stand in the way of.
const PENDING: Duration = Duration::from_secs(1);

/// A guess at a password that was granted. Dropped without an outcome, it counts as a wrong
/// one: so it does when the future of the use case is dropped, since the client has hung up.
pub(crate) struct Guess {
    guard: Arc<dyn LoginGuard>,
    /// `None` once the outcome is told.
    attempt: Option<LoginAttempt>,
}

impl Guess {
    /// Reserves a guess.
    pub(crate) async fn reserve(
        guard: &Arc<dyn LoginGuard>,
        attempt: LoginAttempt,
    ) -> Result<Self, Error> {
        let retry_after = match guard.reserve(attempt.clone()).await? {
            Reservation::Granted { at } => {
                return Ok(Self {
                    guard: Arc::clone(guard),
                    attempt: Some(LoginAttempt { at, ..attempt }),
                });
            }
            Reservation::Pending => PENDING,
            Reservation::Refused { retry_after } => retry_after,
        };
        Err(Error::RateLimited { retry_after })
    }

    /// Tells the outcome: a guess that was not wrong is taken back.
    pub(crate) async fn land(mut self, is_wrong: bool) {
        match self.attempt.take() {
            Some(attempt) if is_wrong => self.guard.fail(attempt).await,
            Some(attempt) => self.guard.release(attempt).await,
            None => {}
        }
    }
}

impl Drop for Guess {
    fn drop(&mut self) {
        if let Some(attempt) = self.attempt.take() {
            self.guard.abandon(attempt);
        }
    }
}
