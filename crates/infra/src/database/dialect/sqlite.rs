use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use hexpress_domain::list::Search;

use crate::database::AsyncSqliteConnection;
use crate::database::schema::users;
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

/// Users in whose folded text the search occurs. The trigram index serves searches
/// of three characters or more.
pub(crate) fn matches(
    search: &Search,
) -> Box<dyn BoxableExpression<users::table, Sqlite, SqlType = Bool>> {
    let text = search.folded();
    if text.chars().count() < TRIGRAM {
        return Box::new(
            sql::<Bool>("instr(users.search_text, ")
                .bind::<Text, _>(text.to_owned())
                .sql(") > 0"),
        );
    }
    let phrase = format!("\"{}\"", text.replace('"', "\"\""));
    Box::new(
        sql::<Bool>(
            "users.id IN (SELECT user_id FROM users_search \
             JOIN users_search_rows ON number = users_search.rowid \
             WHERE users_search MATCH ",
        )
        .bind::<Text, _>(phrase)
        .sql(")"),
    )
}
