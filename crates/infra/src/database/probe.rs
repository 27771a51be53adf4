use std::time::Duration;

use async_trait::async_trait;
use hexpress_domain::health::{StoreProbe, StoreState};
use tokio::time::Instant;

use super::Database;
use super::migrations::MigrationError;

/// For how long an answer is given again.
const MAX_AGE: Duration = Duration::from_secs(1);

#[async_trait]
impl StoreProbe for Database {
    async fn state(&self) -> StoreState {
        // Who asks meanwhile waits for the same answer.
        let mut known = self.inner.state.lock().await;
        if let Some((at, state)) = *known
            && at.elapsed() < MAX_AGE
        {
            return state;
        }
        let state = match self.migrator().pending().await {
            Ok(pending) if pending.is_empty() => StoreState::Ready,
            Ok(_) => StoreState::MigrationsPending,
            Err(error) => {
                warn(&error);
                StoreState::Unreachable
            }
        };
        *known = Some((Instant::now(), state));
        state
    }
}

fn warn(error: &MigrationError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(%error, cause, "the database cannot be used");
}
