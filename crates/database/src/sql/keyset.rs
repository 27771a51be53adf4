use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::sql::condition::Condition;

/// The direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    Ascending,
    /// The largest first.
    Descending,
}

/// The value that a row has in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortValue {
    /// A time; `None` sorts below every time.
    Time(Option<DateTime<Utc>>),
    /// A text, compared by code point.
    Text(String),
    /// A whole number.
    Number(i64),
}

/// A total order of rows: by one column, then by id.
#[derive(Debug, Clone, Copy)]
pub struct Keyset {
    /// The column that is compared first, as the index has it that serves the order.
    pub key: &'static str,
    /// The column that settles ties.
    pub id: &'static str,
    /// The direction of both columns.
    pub direction: Direction,
}

impl Keyset {
    /// What stands behind `ORDER BY`.
    #[must_use]
    pub fn clause(&self) -> String {
        let direction = match self.direction {
            Direction::Ascending => "ASC",
            Direction::Descending => "DESC",
        };
        format!("{} {direction}, {} {direction}", self.key, self.id)
    }

    /// The condition of rows that come behind the row with this value and id. It compares
    /// both columns at once, so that the index leads right to the next row, however many
    /// rows have the same value. `lowest` is the dialect's `LOWEST_INSTANT`, which stands
    /// for a missing time.
    #[must_use]
    pub fn behind(&self, value: &SortValue, id: Uuid, lowest: &'static str) -> Condition {
        let comparison = match self.direction {
            Direction::Ascending => ">",
            Direction::Descending => "<",
        };
        let row = Condition::sql(format!("({}, {}) {comparison} (", self.key, self.id));
        let row = match value {
            SortValue::Time(Some(time)) => row.and_time(*time),
            SortValue::Time(None) => row.and_sql(lowest),
            SortValue::Text(text) => row.and_text(text),
            SortValue::Number(number) => row.and_number(*number),
        };
        row.and_sql(", ").and_id(id).and_sql(")")
    }
}

/// Cuts rows to a page of this size, and returns whether more rows come behind it. To be
/// able to tell, select one row more than the page holds.
#[must_use]
pub fn split_page<T>(mut rows: Vec<T>, size: usize) -> (Vec<T>, bool) {
    let has_more = rows.len() > size;
    rows.truncate(size);
    (rows, has_more)
}
