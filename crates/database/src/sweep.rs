use chrono::{DateTime, Utc};
use hexpress_domain::repository::RepositoryError;

use crate::database::Database;
use crate::work::Work;

/// How many expired rows are removed in one transaction.
pub const SWEEP_BATCH: u16 = 1_000;

impl Database {
    /// Removes what has expired by `now`, in transactions of their own, until one removes fewer
    /// than [`SWEEP_BATCH`] rows, and returns how many rows were removed. `batch` removes at
    /// most [`SWEEP_BATCH`] rows and returns how many it has removed.
    ///
    /// # Errors
    ///
    /// As [`Database::write`]; batches before the failed one stay removed.
    pub async fn sweep(
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
