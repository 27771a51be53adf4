use chrono::{DateTime, Utc};
use hexpress_domain::repository::RepositoryError;

use super::{Database, Work};

/// How many expired rows are removed in one transaction.
pub(crate) const SWEEP_BATCH: u16 = 1_000;

impl Database {
    /// Removes batch after batch of what has expired until one is not full, and
    /// returns how many rows went.
    pub(crate) async fn sweep(
        &self,
        now: DateTime<Utc>,
        batch: Work<DateTime<Utc>, u64>,
    ) -> Result<u64, RepositoryError> {
        let mut swept = 0;
        loop {
            let count = self.write(now, batch).await?;
            swept += count;
            if count < u64::from(SWEEP_BATCH) {
                return Ok(swept);
            }
        }
    }
}
