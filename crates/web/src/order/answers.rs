use hexpress_domain::id::{OrderId, ProductId, UserId};
use hexpress_domain::money::{Currency, Price};
use hexpress_domain::order::{Order, OrderStatus, Quantity};
use hexpress_domain::product::ProductName;
use serde::Serialize;

use crate::time::Timestamp;

/// An order as its user and admins see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownOrder {
    id: OrderId,
    user_id: UserId,
    status: OrderStatus,
    items: Vec<ShownItem>,
    total_cents: u64,
    currency: Currency,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownItem {
    product_id: ProductId,
    name: ProductName,
    quantity: Quantity,
    unit_price_cents: Price,
    line_total_cents: u64,
}

impl From<Order> for ShownOrder {
    fn from(order: Order) -> Self {
        let currency = order.total.currency();
        let items = order.items.into_iter().map(|item| ShownItem {
            product_id: item.product_id,
            line_total_cents: item.total(currency).cents(),
            name: item.name,
            quantity: item.quantity,
            unit_price_cents: item.unit_price,
        });
        Self {
            id: order.id,
            user_id: order.user_id,
            status: order.status,
            items: items.collect(),
            total_cents: order.total.cents(),
            currency,
            created_at: Timestamp(order.created_at),
            updated_at: Timestamp(order.updated_at),
        }
    }
}
