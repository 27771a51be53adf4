use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use hexpress_database::AsyncSqliteConnection;
use hexpress_database::sql::{Condition, Prepared, StoredId, StoredInstant};

use crate::order::OrderItemRow;
use crate::post::AuthorRow;
use crate::product::ProductRow;
use crate::schema::{order_items, orders, posts, products, users};

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
