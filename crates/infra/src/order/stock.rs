//! What orders do to stock, and to its ledger.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Condition, Instant, Locked, Prepared, StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};

use crate::product::Cause;
use crate::schema::{order_items, products, stock_movements};

/// Gives the pieces of orders back, also to products that are deleted.
pub(super) async fn give_back(
    connection: &mut Connection,
    order_ids: &[StoredId],
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let ordered = || {
        order_items::table
            .filter(order_items::order_id.eq_any(order_ids))
            .select(order_items::product_id)
    };
    let pieces = order_items::table
        .filter(order_items::order_id.eq_any(order_ids))
        .filter(order_items::product_id.eq(products::id))
        // PostgreSQL's sum is of a wider type.
        .select(sql::<BigInt>("CAST(sum(order_items.quantity) AS bigint)"))
        .single_value()
        .assume_not_null();
    let products = products::table
        .filter(products::id.eq_any(ordered()))
        .order(products::id)
        .select(products::id);
    connection.lock(Locked::for_no_key_update(products)).await?;
    on_backend!(&mut *connection, |c| {
        diesel::update(products::table)
            .filter(products::id.eq_any(ordered()))
            .set(products::stock.eq(products::stock + pieces))
            .execute(c)
            .await?;
    });
    on_backend!(connection, |c| {
        record(order_ids, Cause::Cancelled, at).execute(c).await?
    });
    Ok(())
}

/// Writes the movements of orders down. The ledger takes each of them once: whoever
/// gave the pieces of an order back twice would fail here.
pub(super) fn record(
    order_ids: &[StoredId],
    cause: Cause,
    at: DateTime<Utc>,
) -> impl QueryFragment<Pg> + QueryFragment<Sqlite> + QueryId + Send {
    let delta = match cause {
        Cause::Ordered => "-order_items.quantity",
        _ => "order_items.quantity",
    };
    let movements = order_items::table
        .filter(Condition::one_of("order_items.order_id", order_ids))
        .select((
            order_items::product_id,
            sql::<BigInt>(delta),
            cause.as_str().into_sql::<Text>(),
            order_items::order_id.nullable(),
            StoredInstant(at).into_sql::<Instant>(),
        ));
    let insert = movements.insert_into(stock_movements::table).into_columns((
        stock_movements::product_id,
        stock_movements::delta,
        stock_movements::cause,
        stock_movements::order_id,
        stock_movements::created_at,
    ));
    Prepared(insert)
}
