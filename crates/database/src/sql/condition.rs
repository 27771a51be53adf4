use std::borrow::Cow;

use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Text};
use uuid::Uuid;

use crate::sql::types::{Id, Instant, StoredId, StoredInstant};

/// A condition in SQL text with bound values. Diesel cannot check the columns that the text
/// names: whoever writes it makes sure that the query has them.
#[derive(Debug, Default)]
pub struct Condition {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Sql(Cow<'static, str>),
    Text(String),
    Number(i64),
    Flag(bool),
    Time(StoredInstant),
    Id(StoredId),
}

impl Condition {
    /// A condition of this text.
    #[must_use]
    pub fn sql(sql: impl Into<Cow<'static, str>>) -> Self {
        Self::default().and_sql(sql)
    }

    /// Goes on with this text.
    #[must_use]
    pub fn and_sql(self, sql: impl Into<Cow<'static, str>>) -> Self {
        self.push(Piece::Sql(sql.into()))
    }

    /// Goes on with a bound text.
    #[must_use]
    pub fn and_text(self, text: impl Into<String>) -> Self {
        self.push(Piece::Text(text.into()))
    }

    /// Goes on with a bound id.
    #[must_use]
    pub fn and_id(self, id: Uuid) -> Self {
        self.push(Piece::Id(StoredId(id)))
    }

    /// The column holds one of these ids. The last id is repeated until their number is a
    /// power of two, so that there are few texts to prepare.
    #[must_use]
    pub fn one_of(column: &'static str, ids: &[StoredId]) -> Self {
        let Some((first, others)) = ids.split_first() else {
            return Self::sql("FALSE");
        };
        // PostgreSQL keeps the plan for a single id, and plans each list anew.
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

    /// Goes on with a bound time.
    #[must_use]
    pub fn and_time(self, time: DateTime<Utc>) -> Self {
        self.push(Piece::Time(StoredInstant(time)))
    }

    /// Goes on with a bound number.
    #[must_use]
    pub fn and_number(self, number: i64) -> Self {
        self.push(Piece::Number(number))
    }

    /// Goes on with a bound boolean.
    #[must_use]
    pub fn and_flag(self, flag: bool) -> Self {
        self.push(Piece::Flag(flag))
    }

    /// Both conditions, each in parentheses.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.pieces.insert(0, Piece::Sql("(".into()));
        self = self.and_sql(") AND (");
        self.pieces.extend(other.pieces);
        self.and_sql(")")
    }

    /// Goes on with another condition, as it is.
    #[must_use]
    pub(crate) fn and_same(mut self, other: Self) -> Self {
        self.pieces.extend(other.pieces);
        self
    }

    fn push(mut self, piece: Piece) -> Self {
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
    DB: Backend + HasSqlType<Bool> + HasSqlType<Id> + HasSqlType<Instant>,
    StoredId: ToSql<Id, DB>,
    StoredInstant: ToSql<Instant, DB>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Text(text) => out.push_bind_param::<Text, _>(text)?,
                Piece::Number(number) => out.push_bind_param::<BigInt, _>(number)?,
                Piece::Flag(flag) => out.push_bind_param::<Bool, _>(flag)?,
                Piece::Time(time) => out.push_bind_param::<Instant, _>(time)?,
                Piece::Id(id) => out.push_bind_param::<Id, _>(id)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alternative_stays_whole_beside_another_condition() {
        let either = Condition::sql("a = 1 OR b = ").and_number(2);
        let both = either.and(Condition::sql("c = ").and_flag(true));
        let text = diesel::debug_query::<diesel::sqlite::Sqlite, _>(&both).to_string();
        assert_eq!(text, "(a = 1 OR b = ?) AND (c = ?) -- binds: [2, true]");
    }
}
