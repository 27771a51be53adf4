use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use hexpress_domain::list::Search;

use crate::database::AsyncSqliteConnection;
use crate::database::list::Condition;
use crate::database::types::StoredId;

pub(crate) type Backend = Sqlite;

/// A time below every other, as `users.last_login_key` holds it.
pub(crate) const LOWEST_INSTANT: &str = "-9223372036854775808";

/// The shortest text that the trigram index finds, in characters.
const TRIGRAM: usize = 3;

/// Whether the table of applied migrations is there.
pub(crate) async fn has_migrations_table(c: &mut AsyncSqliteConnection) -> QueryResult<bool> {
    diesel::select(sql::<Bool>(
        "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')",
    ))
    .get_result(c)
    .await
}

// A transaction that writes has the whole database for itself from its begin on, so
// that there is nothing left to lock.

pub(crate) async fn lock_user(_: &mut AsyncSqliteConnection, _: StoredId) -> QueryResult<()> {
    Ok(())
}

pub(crate) async fn lock_active_admins(_: &mut AsyncSqliteConnection) -> QueryResult<()> {
    Ok(())
}

pub(crate) async fn lock_token(_: &mut AsyncSqliteConnection, _: StoredId) -> QueryResult<()> {
    Ok(())
}

/// Rows of a table in whose folded text the search occurs. The trigram index serves
/// searches of three characters or more.
pub(crate) fn matches(table: &'static str, search: &Search) -> Condition {
    let text = search.folded();
    if text.chars().count() < TRIGRAM {
        return Condition {
            before: format!("instr({table}.search_text, "),
            bound: text.to_owned(),
            after: ") > 0",
        };
    }
    Condition {
        before: format!(
            "{table}.id IN (SELECT row_id FROM {table}_search \
             JOIN {table}_search_rows ON number = {table}_search.rowid \
             WHERE {table}_search MATCH "
        ),
        bound: format!("\"{}\"", text.replace('"', "\"\"")),
        after: ")",
    }
}
