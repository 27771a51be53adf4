//! How PostgreSQL spells what the databases spell differently.

use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Bool, Text};
use diesel_async::{AsyncConnectionCore, RunQueryDsl};

use crate::sql::condition::Condition;
use crate::sql::prepared::Prepared;

/// Diesel's type for this database.
pub type Backend = Pg;

/// A time below every other. A generated column that sorts by a time that may be missing
/// holds it for a missing one.
pub const LOWEST_INSTANT: &str = "'-infinity'::timestamptz";

/// The rows of a table in whose `search_text` this text occurs.
///
/// An index of trigrams (`pg_trgm`) on the column serves texts with three letters or digits
/// in a row. The database's `LC_CTYPE` says which characters are letters: with `C`, only
/// those of ASCII.
#[must_use]
pub fn matches(table: &'static str, search: &str) -> Condition {
    let mut pattern = String::from("%");
    for character in search.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    Condition::sql(format!("{table}.search_text LIKE ")).and_text(pattern)
}

/// The rows of a table in whose search text this text occurs, where that stands in a table of
/// its own: as [`matches()`] finds it there. The first column is the key of the rows, the second
/// the one that refers to it.
#[must_use]
pub fn matches_in(
    table: &'static str,
    (key, reference): (&'static str, &'static str),
    search: &str,
) -> Condition {
    Condition::sql(format!("{key} IN (SELECT {reference} FROM {table} WHERE "))
        .and_same(matches(table, search))
        .and_sql(")")
}

/// The prefix of a column for which no index is to be used: none here, since the planner
/// knows better from its statistics.
pub const UNINDEXED: &str = "";

/// The prefix of a column for which no index is to be used in a search for this text: none
/// here, since the planner knows better from its statistics.
#[must_use]
pub const fn unindexed_beside(_: &str) -> &'static str {
    ""
}

/// SQL for: behind this prefix, the rest of a text column is a whole number from 1, without
/// leading zeros, of nine digits at most.
#[must_use]
pub fn is_number_behind(prefix: &str, column: &str) -> String {
    format!("substr({column}, length({prefix}) + 1) ~ '^[1-9][0-9]{{0,8}}$'")
}

/// SQL for the first instant of the month, in UTC, in which a time lies.
#[must_use]
pub fn month_of(column: &str) -> String {
    format!("date_trunc('month', {column}, 'UTC')")
}

/// Locks names, in this order, as [`lock_name`] does each.
///
/// # Errors
///
/// As any statement, and where a lock is not free in time.
pub async fn lock_names(
    c: &mut impl AsyncConnectionCore<Backend = Pg>,
    names: &[String],
) -> QueryResult<()> {
    let lock = diesel::sql_query(
        "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/' || name, 0)) \
         FROM unnest($1) AS name",
    );
    lock.bind::<Array<Text>, _>(names).execute(c).await?;
    Ok(())
}

/// Locks a name until the transaction ends, waiting while another transaction has it. Each
/// schema has names of its own.
///
/// # Errors
///
/// As any statement, and where the lock is not free in time.
pub async fn lock_name(
    c: &mut impl AsyncConnectionCore<Backend = Pg>,
    name: &str,
) -> QueryResult<()> {
    let lock =
        sql::<Bool>("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/' || ")
            .bind::<Text, _>(name)
            .sql(", 0)) IS NULL");
    Prepared(lock).execute(c).await?;
    Ok(())
}
