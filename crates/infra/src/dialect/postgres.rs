use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncConnectionCore, AsyncPgConnection, RunQueryDsl};
use futures_util::future::join_all;
use hexpress_database::sql::{Condition, Prepared, StoredId, StoredInstant};

use crate::order::OrderItemRow;
use crate::post::AuthorRow;
use crate::product::ProductRow;
use crate::schema::{order_items, orders, post_views, posts, products, tokens, users};

/// Holds a user's row until the transaction ends.
pub(crate) async fn lock_user(c: &mut AsyncPgConnection, id: StoredId) -> QueryResult<()> {
    users::table
        .find(id)
        .select(users::id)
        .for_update()
        .execute(c)
        .await?;
    Ok(())
}

/// Lets whoever counts the admins go one after another, until the transaction ends.
pub(crate) async fn lock_admins(c: &mut AsyncPgConnection) -> QueryResult<()> {
    let lock = sql::<Bool>(
        "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/admins', 0)) IS NULL",
    );
    Prepared(lock).execute(c).await?;
    Ok(())
}

/// Holds a token's row until the transaction ends.
pub(crate) async fn lock_token(c: &mut AsyncPgConnection, id: StoredId) -> QueryResult<()> {
    tokens::table
        .find(id)
        .select(tokens::id)
        .for_update()
        .execute(c)
        .await?;
    Ok(())
}

/// An author of whom this is true, held against changes until the transaction ends.
/// Others may hold them so at the same time.
pub(crate) async fn share_author(
    c: &mut impl AsyncConnectionCore<Backend = Pg>,
    id: StoredId,
    which: &'static str,
) -> QueryResult<Option<AuthorRow>> {
    let author = users::table
        .find(id)
        .filter(sql::<Bool>(which))
        .select(AuthorRow::as_select())
        .for_share();
    Prepared(author).get_result(c).await.optional()
}

/// Holds the rows of an author's posts of which this is true, and of their views, until
/// the transaction ends: in the order in which all others take several of them, so that
/// nobody waits in a circle.
pub(crate) async fn lock_posts_of(
    c: &mut AsyncPgConnection,
    author_id: StoredId,
    which: &'static str,
) -> QueryResult<()> {
    posts::table
        .inner_join(post_views::table)
        .filter(posts::author_id.eq(author_id))
        .filter(sql::<Bool>(which))
        .order(posts::id)
        .select(posts::id)
        .for_update()
        .execute(c)
        .await?;
    Ok(())
}

/// Holds the rows of these posts' views until the transaction ends, in the order of
/// their ids.
pub(crate) async fn lock_views(c: &mut AsyncPgConnection, ids: &[StoredId]) -> QueryResult<()> {
    post_views::table
        .filter(post_views::post_id.eq_any(ids))
        .order(post_views::post_id)
        .select(post_views::post_id)
        .for_update()
        .execute(c)
        .await?;
    Ok(())
}

/// Holds the rows of posts that were deleted before this time until the transaction ends,
/// so many at most, and returns their ids in the order in which all others take
/// several of them.
pub(crate) async fn lock_deleted_posts(
    c: &mut AsyncPgConnection,
    before: StoredInstant,
    limit: i64,
) -> QueryResult<Vec<StoredId>> {
    posts::table
        .filter(posts::deleted_at.lt(before))
        .order(posts::id)
        .limit(limit)
        .select(posts::id)
        .for_update()
        .load(c)
        .await
}

/// Lets whoever makes slugs of one stem go one after another, until the transaction
/// ends.
pub(crate) async fn lock_slugs(
    c: &mut impl AsyncConnectionCore<Backend = Pg>,
    stem: &str,
) -> QueryResult<()> {
    let lock = sql::<Bool>(
        "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/posts/' || ",
    )
    .bind::<Text, _>(stem)
    .sql(", 0)) IS NULL");
    Prepared(lock).execute(c).await?;
    Ok(())
}

/// The products of these ids, held until the transaction ends. In one order, so that
/// two who hold some cannot wait for each other.
pub(crate) async fn hold_products(
    c: &mut AsyncPgConnection,
    ids: &[StoredId],
) -> QueryResult<Vec<ProductRow>> {
    let held = products::table
        .filter(Condition::one_of("products.id", ids))
        .order(products::id)
        .select(ProductRow::as_select())
        .for_no_key_update();
    Prepared(held).load(c).await
}

/// Takes so many pieces of each product, where it has them, and returns those that had,
/// as they are then; held until the transaction ends. All are sent at once. They must come
/// sorted by id, as [`hold_products`] holds them.
pub(crate) async fn take_pieces(
    c: &mut &AsyncPgConnection,
    pieces: &[(StoredId, i64)],
) -> QueryResult<Vec<Option<ProductRow>>> {
    let shared = *c;
    let taking = pieces.iter().map(|&(id, pieces)| async move {
        let take = diesel::update(products::table.find(id))
            .filter(products::stock.ge(pieces))
            .set(products::stock.eq(products::stock - pieces))
            .returning(ProductRow::as_returning());
        Prepared(take).get_result(&mut &*shared).await.optional()
    });
    join_all(taking).await.into_iter().collect()
}

/// Holds the products in these orders until the transaction ends, as
/// [`hold_products`] does.
pub(crate) async fn lock_products_of(
    c: &mut AsyncPgConnection,
    order_ids: &[StoredId],
) -> QueryResult<()> {
    let ordered = order_items::table
        .filter(order_items::order_id.eq_any(order_ids))
        .select(order_items::product_id);
    products::table
        .filter(products::id.eq_any(ordered))
        .order(products::id)
        .select(products::id)
        .for_no_key_update()
        .execute(c)
        .await?;
    Ok(())
}

/// Some orders of a status that were placed no later, held until the transaction
/// ends; not those that others hold, who do with them what is to be done.
pub(crate) async fn hold_orders_placed_until(
    c: &mut AsyncPgConnection,
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
        .for_no_key_update()
        .skip_locked()
        .load(c)
        .await
}

/// Stores the lines of an order.
pub(crate) async fn insert_order_items(
    c: &mut impl AsyncConnectionCore<Backend = Pg>,
    rows: Vec<OrderItemRow>,
) -> QueryResult<()> {
    let insert = diesel::insert_into(order_items::table).values(rows);
    Prepared(insert).execute(c).await?;
    Ok(())
}
