use hexpress_domain::money::{Currency, Price};
use hexpress_domain::order::{Order, OrderId, OrderStatus, Quantity};
use hexpress_domain::product::{ProductId, ProductName};
use hexpress_domain::user::UserId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::openapi::types;
use crate::respond::Tagged;
use crate::time::Timestamp;

/// A name without arguments, which utoipa would want to see through.
type Lines = types::Lines<OrderItemAnswer>;

/// An order as its user and admins see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderAnswer {
    #[schema(value_type = types::Id)]
    id: OrderId,
    #[schema(value_type = types::Id)]
    user_id: UserId,
    #[schema(value_type = types::OrderStatus)]
    status: OrderStatus,
    #[schema(inline, value_type = Lines)]
    items: Vec<OrderItemAnswer>,
    #[schema(value_type = types::Money)]
    total_cents: u64,
    #[schema(value_type = types::Currency)]
    currency: Currency,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A line of an order: the name and the price are those of the product when the order
/// was placed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OrderItemAnswer {
    #[schema(value_type = types::Id)]
    product_id: ProductId,
    #[schema(value_type = types::ProductName)]
    name: ProductName,
    #[schema(value_type = types::Quantity)]
    quantity: Quantity,
    #[schema(value_type = types::Price)]
    unit_price_cents: Price,
    #[schema(value_type = types::Money)]
    line_total_cents: u64,
}

impl From<Order> for OrderAnswer {
    fn from(order: Order) -> Self {
        let currency = order.total.currency();
        let items = order.items.into_iter().map(|item| OrderItemAnswer {
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

/// The answer that shows an order.
pub(super) fn show(order: Order) -> Result<Tagged, ApiError> {
    Tagged::new(order.version, &OrderAnswer::from(order))
}
