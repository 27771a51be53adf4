use hexpress_domain::auth::{LoginAttempt, LoginGuard, Reservation};

use crate::Error;

/// Reserves a guess at a password. It must be taken back or told to have failed.
pub(crate) async fn reserve(guard: &dyn LoginGuard, attempt: LoginAttempt) -> Result<(), Error> {
    match guard.reserve(attempt).await? {
        Reservation::Granted => Ok(()),
        Reservation::Pending { retry_after } | Reservation::Refused { retry_after } => {
            Err(Error::RateLimited { retry_after })
        }
    }
}
