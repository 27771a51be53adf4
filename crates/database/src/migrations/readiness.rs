use std::time::Duration;

use tokio::time::Instant;

use crate::activity::Readiness;
use crate::database::Database;
use crate::migrations::error::MigrationError;

/// For how long an answer is given again.
const MAX_AGE: Duration = Duration::from_secs(1);

impl Database {
    /// Whether requests can be served. The database is asked once a second at most; callers
    /// in between, and those who come while it is being asked, get the same answer.
    pub async fn readiness(&self) -> Readiness {
        let mut known = self.inner.readiness.lock().await;
        if let Some((at, readiness)) = *known
            && at.elapsed() < MAX_AGE
        {
            return readiness;
        }
        let readiness = match self.migrator().pending().await {
            Ok(pending) if pending.is_empty() => Readiness::Ready,
            Ok(_) => Readiness::MigrationsPending,
            Err(error) => {
                warn(&error);
                Readiness::Unreachable
            }
        };
        *known = Some((Instant::now(), readiness));
        readiness
    }
}

fn warn(error: &MigrationError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(%error, cause, "the database cannot be used");
}
