//! Tokens, and the counters of guesses at passwords, in the database.

mod guard;
mod rows;
mod tokens;

use chrono::{DateTime, Utc};
use hexpress_domain::repository::RepositoryError;

use crate::database::{Database, Work};

pub use guard::DieselLoginGuard;
pub use tokens::DieselTokenRepository;

/// How many expired rows are removed in one transaction.
const SWEEP_BATCH: u16 = 1_000;

/// Removes batch after batch until one is not full, and returns how many rows went.
async fn sweep(
    database: &Database,
    now: DateTime<Utc>,
    batch: Work<DateTime<Utc>, u64>,
) -> Result<u64, RepositoryError> {
    let mut swept = 0;
    loop {
        let count = database.write(now, batch).await?;
        swept += count;
        if count < u64::from(SWEEP_BATCH) {
            return Ok(swept);
        }
    }
}
