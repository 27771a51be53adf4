use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::StoredId;
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::order::{Order, OrderId};

use super::rows::{OrderItemRow, OrderRow};
use crate::schema::{order_items, orders};

pub(super) async fn find(
    connection: &mut Connection,
    id: OrderId,
) -> Result<Option<Order>, Failure> {
    let row: Option<OrderRow> = on_backend!(&mut *connection, |c| {
        orders::table
            .find(StoredId::from(id))
            .select(OrderRow::as_select())
            .get_result(c)
            .await
            .optional()?
    });
    Ok(with_items(connection, Vec::from_iter(row)).await?.pop())
}

/// The orders of these rows, in the same order: one query for all their lines.
pub(super) async fn with_items(
    connection: &mut Connection,
    rows: Vec<OrderRow>,
) -> Result<Vec<Order>, Failure> {
    let ids: Vec<StoredId> = rows.iter().map(|row| row.id).collect();
    let items: Vec<OrderItemRow> = on_backend!(connection, |c| {
        order_items::table
            .filter(order_items::order_id.eq_any(ids))
            .order((order_items::order_id, order_items::position))
            .select(OrderItemRow::as_select())
            .load(c)
            .await?
    });
    let mut items_of: HashMap<_, Vec<_>> = HashMap::new();
    for item in items {
        items_of.entry(item.order_id.0).or_default().push(item);
    }
    let mut orders = Vec::with_capacity(rows.len());
    for row in rows {
        let items = items_of.remove(&row.id.0).unwrap_or_default();
        orders.push(row.with(items)?);
    }
    Ok(orders)
}
