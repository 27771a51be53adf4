use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};

use super::batch::{BATCH, counted, rows};
use crate::schema::{order_items, products, stock_movements};

/// How many are to be removed: those of which no order speaks.
pub(super) async fn count(
    connection: &mut Connection,
    before: DateTime<Utc>,
) -> Result<u64, Failure> {
    let ordered = order_items::table.filter(order_items::product_id.eq(products::id));
    let count: i64 = on_backend!(connection, |c| {
        products::table
            .filter(products::deleted_at.lt(StoredInstant(before)))
            .filter(not(exists(ordered)))
            .count()
            .get_result(c)
            .await?
    });
    Ok(counted(count))
}

/// Removes a batch, with the ledger of their stock, and returns how many; `None` if there
/// are no more. Nobody can order or restore what is deleted.
pub(super) async fn remove(
    connection: &mut Connection,
    before: DateTime<Utc>,
) -> Result<Option<u64>, Failure> {
    let ordered = order_items::table.filter(order_items::product_id.eq(products::id));
    let ids: Vec<StoredId> = on_backend!(&mut *connection, |c| {
        products::table
            .filter(products::deleted_at.lt(StoredInstant(before)))
            .filter(not(exists(ordered)))
            .order(products::id)
            .limit(BATCH.into())
            .select(products::id)
            .load(c)
            .await?
    });
    if ids.is_empty() {
        return Ok(None);
    }
    let removed = on_backend!(connection, |c| {
        diesel::delete(stock_movements::table)
            .filter(stock_movements::product_id.eq_any(&ids))
            .execute(c)
            .await?;
        diesel::delete(products::table)
            .filter(products::id.eq_any(&ids))
            .execute(c)
            .await?
    });
    Ok(Some(rows(removed)))
}
