use chrono::{DateTime, Utc};

/// How many rows go in one transaction.
pub(super) const BATCH: u16 = 500;

/// What a batch of a purge is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cutoff {
    /// What was deleted before this goes.
    pub(super) before: DateTime<Utc>,
    /// Now.
    pub(super) at: DateTime<Utc>,
}

/// As the number of rows that a purge tells.
pub(super) fn rows(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// As the number that the database counted.
pub(super) fn counted(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
