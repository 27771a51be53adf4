//! How SQLite spells what the databases spell differently.

use std::collections::BTreeSet;

use diesel::result::QueryResult;
use diesel::sqlite::Sqlite;
use diesel_async::AsyncConnectionCore;

use crate::sql::condition::Condition;

/// Diesel's type for this database.
pub type Backend = Sqlite;

/// A time below every other. A generated column that sorts by a time that may be missing
/// holds it for a missing one.
pub const LOWEST_INSTANT: &str = "-9223372036854775808";

/// The shortest text that the trigram index finds, in characters.
const TRIGRAM: usize = 3;

/// The rows of a table in whose `search_text` this text occurs.
///
/// The table has an `id`. Two more tables index it: `<table>_search`, an FTS5 table of
/// trigrams, and `<table>_search_rows`, which leads from its `rowid` (`number`) to the id
/// (`row_id`). The index serves texts of three characters or more.
#[must_use]
pub fn matches(table: &'static str, search: &str) -> Condition {
    candidates(table, &format!("{table}.id"), search)
        .and_sql(format!("instr({table}.search_text, "))
        .and_text(search)
        .and_sql(") > 0")
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
    let text = format!("(SELECT search_text FROM {table} WHERE {reference} = {key})");
    candidates(table, key, search)
        .and_sql(format!("instr({text}, "))
        .and_text(search)
        .and_sql(") > 0")
}

/// The rows that have all trigrams of a text, by their key, and more: ends in `AND`. Nothing
/// where the text has none.
fn candidates(table: &str, key: &str, search: &str) -> Condition {
    if !has_trigrams(search) {
        return Condition::default();
    }
    Condition::sql(format!(
        "{key} IN (SELECT row_id FROM {table}_search \
         JOIN {table}_search_rows ON number = {table}_search.rowid \
         WHERE {table}_search MATCH "
    ))
    .and_text(all_trigrams(search))
    .and_sql(") AND ")
}

/// The FTS5 query for the rows that have all trigrams of a text.
fn all_trigrams(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let trigrams: BTreeSet<String> = characters
        .windows(TRIGRAM)
        .map(|trigram| format!("\"{}\"", String::from_iter(trigram).replace('"', "\"\"")))
        .collect();
    Vec::from_iter(trigrams).join(" ")
}

/// The prefix of a column for which no index is to be used.
pub const UNINDEXED: &str = "+";

/// The prefix of a column for which no index is to be used in a search for this text.
/// Without statistics SQLite expects every other index to find fewer rows than the index of
/// trigrams does.
#[must_use]
pub fn unindexed_beside(search: &str) -> &'static str {
    if has_trigrams(search) { UNINDEXED } else { "" }
}

fn has_trigrams(search: &str) -> bool {
    search.chars().count() >= TRIGRAM
}

/// SQL for: behind this prefix, the rest of a text column is a whole number from 1, without
/// leading zeros, of nine digits at most.
#[must_use]
pub fn is_number_behind(prefix: &str, column: &str) -> String {
    let number = format!("substr({column}, length({prefix}) + 1)");
    format!("{number} GLOB '[1-9]*' AND {number} NOT GLOB '*[^0-9]*' AND length({number}) <= 9")
}

/// SQL for the first instant of the month, in UTC, in which a time lies.
#[must_use]
pub fn month_of(column: &str) -> String {
    format!("unixepoch({column} / 1000000, 'unixepoch', 'start of month') * 1000000")
}

/// Does nothing, as [`lock_name`].
///
/// # Errors
///
/// None.
pub async fn lock_names(
    _: &mut impl AsyncConnectionCore<Backend = Sqlite>,
    _: &[String],
) -> QueryResult<()> {
    Ok(())
}

/// Does nothing: a transaction that writes holds the whole database.
///
/// # Errors
///
/// None.
pub async fn lock_name(
    _: &mut impl AsyncConnectionCore<Backend = Sqlite>,
    _: &str,
) -> QueryResult<()> {
    Ok(())
}
