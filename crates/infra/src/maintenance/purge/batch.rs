use std::time::Duration;

use chrono::{DateTime, Utc};
use hexpress_database::sql::StoredId;

/// How many rows go in one transaction at most, parts among them.
const MOST: u16 = 512;
/// How many go in the first one, before it is known how long they take.
pub(super) const FIRST: u16 = 16;
/// How long a transaction may take before the next is made shorter: writers of SQLite wait for
/// it.
const MOMENT: Duration = Duration::from_millis(100);
/// How often SQLite looks for the lock of the file on behalf of who waits for it.
pub(super) const POLL: Duration = Duration::from_millis(100);
/// How long others have between two transactions on SQLite.
pub(super) const REST: Duration = POLL.saturating_add(Duration::from_millis(50));

/// How many rows, and what people call them.
pub(super) type Counts = Vec<(&'static str, u64)>;

/// What a batch of a purge is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cutoff {
    /// What was deleted before this goes.
    pub(super) before: DateTime<Utc>,
    /// Now.
    pub(super) at: DateTime<Utc>,
}

/// Where in a table the next transaction begins, and how many rows go in it at most: those of
/// the table and their parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    /// It looks only at rows behind this one: of those before, some stay for good.
    pub(super) last: Option<StoredId>,
    rows: u16,
}

/// What a transaction has done.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) counts: Counts,
    /// The last row that it has done with.
    pub(super) last: Option<StoredId>,
}

impl Position {
    pub(super) const fn start() -> Self {
        Self {
            last: None,
            rows: FIRST,
        }
    }

    pub(super) const fn rows(self) -> u16 {
        self.rows
    }

    /// After a transaction whose statements have taken so long.
    pub(super) fn after(self, done: &Done, taken: Duration) -> Self {
        let rows = if taken > MOMENT {
            (self.rows / 2).max(1)
        } else if taken < MOMENT / 4 {
            (self.rows * 2).min(MOST)
        } else {
            self.rows
        };
        let last = done.last;
        Self { last, rows }
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
