mod bulk;

use std::collections::BTreeSet;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use hexpress_domain::list::Search;

use crate::database::list::Condition;
use crate::database::schema::{order_items, orders, posts, products, users};
use crate::database::types::{StoredId, StoredInstant};
use crate::database::{AsyncSqliteConnection, Prepared};
use crate::order::OrderItemRow;
use crate::post::AuthorRow;
use crate::product::ProductRow;

pub(crate) use bulk::{
    begin_snapshot, bind, columns, erase_removed, expect_bulk, gather_statistics, go_on_numbering,
    insert,
};

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

pub(crate) async fn lock_admins(_: &mut AsyncSqliteConnection) -> QueryResult<()> {
    Ok(())
}

pub(crate) async fn lock_token(_: &mut AsyncSqliteConnection, _: StoredId) -> QueryResult<()> {
    Ok(())
}

pub(crate) async fn share_author(
    c: &mut AsyncSqliteConnection,
    id: StoredId,
    which: &'static str,
) -> QueryResult<Option<AuthorRow>> {
    let author = users::table
        .find(id)
        .filter(sql::<Bool>(which))
        .select(AuthorRow::as_select());
    Prepared(author).get_result(c).await.optional()
}

pub(crate) async fn lock_posts_of(
    _: &mut AsyncSqliteConnection,
    _: StoredId,
    _: &'static str,
) -> QueryResult<()> {
    Ok(())
}

pub(crate) async fn lock_views(_: &mut AsyncSqliteConnection, _: &[StoredId]) -> QueryResult<()> {
    Ok(())
}

pub(crate) async fn lock_deleted_posts(
    c: &mut AsyncSqliteConnection,
    before: StoredInstant,
    limit: i64,
) -> QueryResult<Vec<StoredId>> {
    posts::table
        .filter(posts::deleted_at.lt(before))
        .order(posts::id)
        .limit(limit)
        .select(posts::id)
        .load(c)
        .await
}

pub(crate) async fn lock_slugs(_: &mut AsyncSqliteConnection, _: &str) -> QueryResult<()> {
    Ok(())
}

pub(crate) async fn hold_products(
    c: &mut AsyncSqliteConnection,
    ids: &[StoredId],
) -> QueryResult<Vec<ProductRow>> {
    let held = products::table
        .filter(Condition::one_of("products.id", ids))
        .order(products::id)
        .select(ProductRow::as_select());
    Prepared(held).load(c).await
}

/// Takes so many pieces of each product, where it has them, and returns those that had,
/// as they are then.
pub(crate) async fn take_pieces(
    c: &mut AsyncSqliteConnection,
    pieces: &[(StoredId, i64)],
) -> QueryResult<Vec<Option<ProductRow>>> {
    let mut taken = Vec::new();
    for &(id, pieces) in pieces {
        let take = diesel::update(products::table.find(id))
            .filter(products::stock.ge(pieces))
            .set(products::stock.eq(products::stock - pieces))
            .returning(ProductRow::as_returning());
        taken.push(Prepared(take).get_result(c).await.optional()?);
    }
    Ok(taken)
}

pub(crate) async fn lock_products_of(
    _: &mut AsyncSqliteConnection,
    _: &[StoredId],
) -> QueryResult<()> {
    Ok(())
}

pub(crate) async fn hold_orders_placed_until(
    c: &mut AsyncSqliteConnection,
    status: &str,
    placed_until: StoredInstant,
    limit: i64,
) -> QueryResult<Vec<StoredId>> {
    orders::table
        .filter(orders::status.eq(status))
        .filter(orders::created_at.le(placed_until))
        .order((orders::created_at, orders::id))
        .limit(limit)
        .select(orders::id)
        .load(c)
        .await
}

/// Stores the lines of an order, one by one: Diesel has no statement for several here,
/// and there is no way to the database that would take time.
pub(crate) async fn insert_order_items(
    c: &mut AsyncSqliteConnection,
    rows: Vec<OrderItemRow>,
) -> QueryResult<()> {
    for row in rows {
        diesel::insert_into(order_items::table)
            .values(row)
            .execute(c)
            .await?;
    }
    Ok(())
}

/// Rows of a table in whose folded text the search occurs. The trigram index serves
/// searches of three characters or more, and leads to all rows that have all their trigrams.
pub(crate) fn matches(table: &'static str, search: &Search) -> Condition {
    let text = search.folded();
    let candidates = if has_trigrams(search) {
        Condition::sql(format!(
            "{table}.id IN (SELECT row_id FROM {table}_search \
             JOIN {table}_search_rows ON number = {table}_search.rowid \
             WHERE {table}_search MATCH "
        ))
        .and_text(all_trigrams(text))
        .and_sql(") AND ")
    } else {
        Condition::default()
    };
    candidates
        .and_sql(format!("instr({table}.search_text, "))
        .and_text(text)
        .and_sql(") > 0")
}

/// What FTS5 is asked for, to find the rows that have all trigrams of a text.
fn all_trigrams(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let trigrams: BTreeSet<String> = characters
        .windows(TRIGRAM)
        .map(|trigram| format!("\"{}\"", String::from_iter(trigram).replace('"', "\"\"")))
        .collect();
    Vec::from_iter(trigrams).join(" ")
}

/// What to write before a column that is to lead to no index.
pub(crate) const HIDDEN: &str = "+";

/// What to write before a column that is to lead to no index beside this search.
/// Without statistics SQLite takes every index of a list to lead to fewer rows than the
/// trigrams do.
pub(crate) fn hidden_beside(search: &Search) -> &'static str {
    if has_trigrams(search) { HIDDEN } else { "" }
}

fn has_trigrams(search: &Search) -> bool {
    search.folded().chars().count() >= TRIGRAM
}

/// The condition that a text column goes on behind a prefix with a number as it is
/// written, of nine digits at most.
pub(crate) fn is_number_behind(prefix: &str, column: &str) -> String {
    let number = format!("substr({column}, length({prefix}) + 1)");
    format!("{number} GLOB '[1-9]*' AND {number} NOT GLOB '*[^0-9]*' AND length({number}) <= 9")
}

/// The first instant of the month, in UTC, that a time is in.
pub(crate) fn month_of(column: &str) -> String {
    format!("unixepoch({column} / 1000000, 'unixepoch', 'start of month') * 1000000")
}
