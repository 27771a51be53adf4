use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Locked, Prepared, StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::order::{Order, OrderId, OrderStatus};
use hexpress_domain::repository::{Decide, RepositoryError};

use super::rows::OrderRow;
use super::{read, stock};
use crate::schema::orders;

/// How many overdue orders are cancelled in one transaction, which holds all their
/// products.
pub(super) const OVERDUE_BATCH: u8 = 20;

pub(super) async fn change(
    connection: &mut Connection,
    id: OrderId,
    decide: &Decide<Order>,
) -> Result<Order, Failure> {
    let before = lock(connection, id).await?;
    let Some(after) = decide(&before).map_err(RepositoryError::Refused)? else {
        return Ok(before);
    };
    let stored_id = StoredId::from(id);
    on_backend!(&mut *connection, |c| {
        let update = diesel::update(orders::table.find(stored_id)).set((
            orders::status.eq(after.status.as_str()),
            orders::updated_at.eq(StoredInstant(after.updated_at)),
            orders::version.eq(after.version.get()),
        ));
        Prepared(update).execute(c).await?
    });
    if after.status == OrderStatus::Cancelled && before.status != OrderStatus::Cancelled {
        stock::give_back(connection, &[stored_id], after.updated_at).await?;
    }
    Ok(after)
}

/// The order, held until the transaction ends.
async fn lock(connection: &mut Connection, id: OrderId) -> Result<Order, Failure> {
    let row: Option<OrderRow> = on_backend!(&mut *connection, |c| {
        let order = orders::table
            .find(StoredId::from(id))
            .select(OrderRow::as_select());
        Prepared(Locked(order, "orders"))
            .get_result(c)
            .await
            .optional()?
    });
    let order = read::with_items(connection, Vec::from_iter(row))
        .await?
        .pop();
    Ok(order.ok_or(RepositoryError::NotFound)?)
}

pub(super) async fn cancel_batch(
    connection: &mut Connection,
    placed_until: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<u64, Failure> {
    let ids = on_backend!(&mut *connection, |c, dialect in crate::dialect| {
        let pending = OrderStatus::Pending.as_str();
        let until = StoredInstant(placed_until);
        let limit = OVERDUE_BATCH.into();
        dialect::hold_orders_placed_until(c, pending, until, limit).await?
    });
    if ids.is_empty() {
        return Ok(0);
    }
    let count = on_backend!(&mut *connection, |c| {
        diesel::update(orders::table.filter(orders::id.eq_any(&ids)))
            .set((
                orders::status.eq(OrderStatus::Cancelled.as_str()),
                orders::updated_at.eq(StoredInstant(at)),
                orders::version.eq(orders::version + 1),
            ))
            .execute(c)
            .await?
    });
    stock::give_back(connection, &ids, at).await?;
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}
