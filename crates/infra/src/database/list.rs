//! What the lists of all tables have in common: an order that ends in the id, and
//! pages of it.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Text};
use hexpress_domain::list::{Cursor, Direction, Page, PageSize, SortValue, Total};
use uuid::Uuid;

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

    /// The condition of rows that come behind a cursor. It is one comparison of the
    /// sort value and the id, so that the index leads right to the row, however many
    /// others have the same sort value. `lowest` is how the database writes the time
    /// that stands for a missing one.
    pub(crate) fn behind(&self, cursor: &Cursor, lowest: &'static str) -> Condition {
        let comparison = match self.direction {
            Direction::Ascending => ">",
            Direction::Descending => "<",
        };
        let row = Condition::sql(format!("({}, {}) {comparison} (", self.key, self.id));
        let row = match &cursor.value {
            SortValue::Time(Some(time)) => row.and_time(*time),
            SortValue::Time(None) => row.and_sql(lowest),
            SortValue::Text(text) => row.and_text(text),
            // No stored number is larger than the largest of its type.
            SortValue::Number(number) => row.and_number(i64::try_from(*number).unwrap_or(i64::MAX)),
        };
        row.and_sql(", ").and_id(cursor.id).and_sql(")")
    }
}

/// A condition in SQL text with bound values. Its columns are named in the text: that
/// the query has them is up to whoever writes it.
#[derive(Default)]
pub(crate) struct Condition {
    pieces: Vec<Piece>,
}

enum Piece {
    Sql(Cow<'static, str>),
    Text(String),
    Number(i64),
    Time(StoredInstant),
    Id(StoredId),
}

impl Condition {
    pub(crate) fn sql(sql: impl Into<Cow<'static, str>>) -> Self {
        Self::default().and_sql(sql)
    }

    pub(crate) fn and_sql(self, sql: impl Into<Cow<'static, str>>) -> Self {
        self.and(Piece::Sql(sql.into()))
    }

    pub(crate) fn and_text(self, text: impl Into<String>) -> Self {
        self.and(Piece::Text(text.into()))
    }

    pub(crate) fn and_id(self, id: Uuid) -> Self {
        self.and(Piece::Id(StoredId(id)))
    }

    /// That a column holds one of these ids. There are few texts: the last id is repeated
    /// until their number is a power of two.
    pub(crate) fn one_of(column: &'static str, ids: &[StoredId]) -> Self {
        let Some((first, others)) = ids.split_first() else {
            return Self::sql("FALSE");
        };
        // PostgreSQL plans a list each time, a single one once.
        if others.is_empty() {
            return Self::sql(format!("{column} = ")).and_id(first.0);
        }
        let start = Self::sql(format!("{column} IN (")).and_id(first.0);
        let last = others.iter().rev().take(1).cycle();
        others
            .iter()
            .chain(last)
            .take(ids.len().next_power_of_two() - 1)
            .fold(start, |list, id| list.and_sql(", ").and_id(id.0))
            .and_sql(")")
    }

    fn and_time(self, time: DateTime<Utc>) -> Self {
        self.and(Piece::Time(StoredInstant(time)))
    }

    fn and_number(self, number: i64) -> Self {
        self.and(Piece::Number(number))
    }

    fn and(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }
}

impl Expression for Condition {
    type SqlType = Bool;
}

impl<QS> AppearsOnTable<QS> for Condition {}

impl<GB> ValidGrouping<GB> for Condition {
    type IsAggregate = is_aggregate::No;
}

impl QueryId for Condition {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB> QueryFragment<DB> for Condition
where
    DB: Backend + HasSqlType<Id> + HasSqlType<Instant>,
    StoredId: ToSql<Id, DB>,
    StoredInstant: ToSql<Instant, DB>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Text(text) => out.push_bind_param::<Text, _>(text)?,
                Piece::Number(number) => out.push_bind_param::<BigInt, _>(number)?,
                Piece::Time(time) => out.push_bind_param::<Instant, _>(time)?,
                Piece::Id(id) => out.push_bind_param::<Id, _>(id)?,
            }
        }
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
