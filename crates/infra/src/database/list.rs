//! What the lists of all tables have in common: an order that ends in the id, and
//! pages of it.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Text};
use hexpress_domain::list::{Cursor, Direction, Page, PageSize, SortValue, Total};

use super::types::{Id, Instant, StoredId, StoredInstant};

/// An order of a list.
pub(crate) struct Order {
    /// The column that it compares first, as the index has it that serves it.
    pub(crate) key: &'static str,
    /// The column that settles ties.
    pub(crate) id: &'static str,
    pub(crate) direction: Direction,
}

impl Order {
    /// What stands behind `ORDER BY`.
    pub(crate) fn clause(&self) -> String {
        let direction = match self.direction {
            Direction::Ascending => "ASC",
            Direction::Descending => "DESC",
        };
        format!("{} {direction}, {} {direction}", self.key, self.id)
    }

    /// The condition of rows that come behind a cursor. `lowest` is how the database
    /// writes the time that stands for a missing one.
    pub(crate) fn behind(&self, cursor: &Cursor, lowest: &'static str) -> Behind {
        let comparison = match self.direction {
            Direction::Ascending => ">",
            Direction::Descending => "<",
        };
        Behind {
            columns: format!("({}, {}) {comparison} ", self.key, self.id),
            value: match &cursor.value {
                SortValue::Time(Some(time)) => Bound::Time(StoredInstant(*time)),
                SortValue::Time(None) => Bound::Lowest(lowest),
                SortValue::Text(text) => Bound::Text(text.clone()),
                // No stored number is larger than the largest of its type.
                SortValue::Number(number) => {
                    Bound::Number(i64::try_from(*number).unwrap_or(i64::MAX))
                }
            },
            id: StoredId(cursor.id),
        }
    }
}

/// One comparison of the sort value and the id, so that the index leads right to the
/// row, however many others have the same sort value.
pub(crate) struct Behind {
    columns: String,
    value: Bound,
    id: StoredId,
}

enum Bound {
    Time(StoredInstant),
    Lowest(&'static str),
    Text(String),
    Number(i64),
}

/// A condition around one text, in the words of one database.
pub(crate) struct Condition {
    pub(crate) before: String,
    pub(crate) bound: String,
    pub(crate) after: &'static str,
}

impl Expression for Behind {
    type SqlType = Bool;
}

impl Expression for Condition {
    type SqlType = Bool;
}

// The columns of both are named in text: that the query has them is up to whoever
// writes it.

impl<QS> AppearsOnTable<QS> for Behind {}

impl<QS> AppearsOnTable<QS> for Condition {}

impl<GB> ValidGrouping<GB> for Behind {
    type IsAggregate = is_aggregate::No;
}

impl<GB> ValidGrouping<GB> for Condition {
    type IsAggregate = is_aggregate::No;
}

impl QueryId for Behind {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryId for Condition {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB> QueryFragment<DB> for Behind
where
    DB: Backend + HasSqlType<Id> + HasSqlType<Instant>,
    StoredId: ToSql<Id, DB>,
    StoredInstant: ToSql<Instant, DB>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(&self.columns);
        out.push_sql("(");
        match &self.value {
            Bound::Time(time) => out.push_bind_param::<Instant, _>(time)?,
            Bound::Lowest(lowest) => out.push_sql(lowest),
            Bound::Text(text) => out.push_bind_param::<Text, _>(text)?,
            Bound::Number(number) => out.push_bind_param::<BigInt, _>(number)?,
        }
        out.push_sql(", ");
        out.push_bind_param::<Id, _>(&self.id)?;
        out.push_sql(")");
        Ok(())
    }
}

impl<DB> QueryFragment<DB> for Condition
where
    DB: Backend,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(&self.before);
        out.push_bind_param::<Text, _>(&self.bound)?;
        out.push_sql(self.after);
        Ok(())
    }
}

/// How many rows to ask for: one more than a page holds tells whether more come.
pub(crate) fn one_more_than(size: PageSize) -> i64 {
    i64::from(size.get()) + 1
}

/// A page of rows that were selected by [`one_more_than`], and its next cursor.
pub(crate) fn page<T>(
    mut items: Vec<T>,
    total: Option<Total>,
    size: PageSize,
    cursor: impl Fn(&T) -> Cursor,
) -> Page<T> {
    let size = usize::from(size.get());
    let has_more = items.len() > size;
    items.truncate(size);
    let next = items.last().filter(|_| has_more).map(cursor);
    Page { items, total, next }
}
