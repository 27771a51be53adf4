use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Text, Untyped};
use hexpress_database::sql::{Id, Instant, StoredId, StoredInstant};

/// A value of a row.
pub(super) enum Value {
    Id(StoredId),
    Text(String),
    Time(StoredInstant),
}

/// A statement on many rows at once, which are a table in it. Both databases call the columns
/// of `VALUES` `column1`, `column2` and so on.
pub(super) struct OnBatch<'a, const COLUMNS: usize> {
    /// What stands before the table.
    pub(super) before: &'a str,
    pub(super) rows: &'a [[Value; COLUMNS]],
    /// What stands behind the table, its name first.
    pub(super) behind: &'a str,
}

/// How many rows go in one statement: SQLite takes 32,766 values.
pub(super) const BATCH: usize = 5_000;

impl<const COLUMNS: usize> Query for OnBatch<'_, COLUMNS> {
    type SqlType = Untyped;
}

impl<const COLUMNS: usize> QueryId for OnBatch<'_, COLUMNS> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB, const COLUMNS: usize> QueryFragment<DB> for OnBatch<'_, COLUMNS>
where
    DB: Backend + HasSqlType<Id> + HasSqlType<Instant>,
    StoredId: ToSql<Id, DB>,
    StoredInstant: ToSql<Instant, DB>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // There are as many texts as sizes of batches.
        out.unsafe_to_cache_prepared();
        out.push_sql(self.before);
        out.push_sql("(VALUES ");
        for (number, row) in self.rows.iter().enumerate() {
            out.push_sql(if number == 0 { "(" } else { "), (" });
            for (number, value) in row.iter().enumerate() {
                out.push_sql(if number == 0 { "" } else { ", " });
                match value {
                    Value::Id(id) => out.push_bind_param::<Id, _>(id)?,
                    Value::Text(text) => out.push_bind_param::<Text, _>(text)?,
                    Value::Time(time) => out.push_bind_param::<Instant, _>(time)?,
                }
            }
        }
        out.push_sql(")) ");
        out.push_sql(self.behind);
        Ok(())
    }
}
