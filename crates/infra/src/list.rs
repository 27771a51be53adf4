//! Lists: between the domain's pages and those of the kernel.

use hexpress_database::sql::{self, Condition, Keyset};
use hexpress_domain::list::{Cursor, Direction, Page, PageSize, SortValue, Total};

pub(crate) const fn direction(direction: Direction) -> sql::Direction {
    match direction {
        Direction::Ascending => sql::Direction::Ascending,
        Direction::Descending => sql::Direction::Descending,
    }
}

/// The condition of rows that come behind a cursor.
pub(crate) fn behind(order: &Keyset, cursor: &Cursor, lowest: &'static str) -> Condition {
    let value = match &cursor.value {
        SortValue::Time(time) => sql::SortValue::Time(*time),
        SortValue::Text(text) => sql::SortValue::Text(text.clone()),
        // No stored number is larger than the largest of its type.
        SortValue::Number(number) => {
            sql::SortValue::Number(i64::try_from(*number).unwrap_or(i64::MAX))
        }
    };
    order.behind(&value, cursor.id, lowest)
}

/// How many rows to ask for: one more than a page holds tells whether more come.
pub(crate) fn one_more_than(size: PageSize) -> i64 {
    i64::from(size.get()) + 1
}

/// A page of rows that were selected by [`one_more_than`], and its next cursor.
pub(crate) fn page<T>(
    rows: Vec<T>,
    total: Option<Total>,
    size: PageSize,
    cursor: impl Fn(&T) -> Cursor,
) -> Page<T> {
    let (items, has_more) = sql::split_page(rows, size.get().into());
    let next = items.last().filter(|_| has_more).map(cursor);
    Page { items, total, next }
}
