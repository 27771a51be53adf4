use std::time::Duration;

use chrono::{DateTime, Utc};

/// How many rows go in one transaction at most.
const MOST: u16 = 512;
/// How many go in the first one, before it is known how long they take.
const FIRST: u16 = 16;
/// How long a transaction may take before the next is made shorter: writers of SQLite wait for
/// it.
const MOMENT: Duration = Duration::from_millis(100);
/// How long others have between two transactions on SQLite. Who waits for the lock of the file
/// looks for it every 100 ms.
pub(super) const REST: Duration = Duration::from_millis(150);

/// What a batch of a purge is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cutoff {
    /// What was deleted before this goes.
    pub(super) before: DateTime<Utc>,
    /// Now.
    pub(super) at: DateTime<Utc>,
}

/// How many rows go in one transaction, by the time that those before have taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace(u16);

impl Pace {
    pub(super) const fn start() -> Self {
        Self(FIRST)
    }

    pub(super) const fn rows(self) -> u16 {
        self.0
    }

    /// After a transaction that has taken so long.
    pub(super) fn after(self, taken: Duration) -> Self {
        if taken > MOMENT {
            Self((self.0 / 2).max(1))
        } else if taken < MOMENT / 4 {
            Self((self.0 * 2).min(MOST))
        } else {
            self
        }
    }
}

/// As the number of rows that a purge tells.
pub(super) fn rows(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// As the number that the database counted.
pub(super) fn counted(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
