use hexpress_app::{Error, InvalidState, Resource};
use hexpress_domain::money::{Currency, Price};
use hexpress_domain::order::{
    NewOrder, Order, OrderId, OrderStatus, OrderTransitionError, Quantity,
};
use hexpress_domain::product::{ProductId, ProductName};
use hexpress_domain::user::UserId;
use serde::Serialize;
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::error::ApiError;
use crate::openapi::error_responses::{error_responses, shortage};
use crate::respond::Tagged;
use crate::time::Timestamp;

/// The types of fields, as the document names and bounds them.
pub(super) mod types {
    use hexpress_domain::order;
    use serde_json::json;

    pub(crate) use crate::openapi::types::{Currency, Id, Money, Price};
    use crate::openapi::types::{field_types, integer, one_of};
    pub(crate) use crate::product::responses::types::ProductName;

    field_types! {
        OrderStatus => one_of(order::OrderStatus::ALL.map(order::OrderStatus::as_str));
        /// How many pieces.
        Quantity => integer()
            .minimum(Some(1))
            .maximum(Some(order::Quantity::MAX))
            .examples([json!(2)]);
    }
}

error_responses! {
    /// For the filter of orders that only admins may use.
    ForbiddenOrderFilter => Error::Forbidden { fields: vec!["userId"] };
    OrderNotFound => Error::NotFound(Resource::Order);
    /// For a product that is unknown, deleted or not for sale.
    NotForSale => Error::MissingReference { fields: vec!["items[0].productId".to_owned()] };
    /// For an order of more pieces than there are.
    InsufficientStock => shortage("items[0].quantity");
    IdempotencyKeyReused => Error::IdempotencyKeyReused;
    /// For a step that an order does not take from its status.
    OrderTransition => {
        let from = OrderStatus::Cancelled;
        let to = OrderStatus::Paid;
        let state = InvalidState::OrderTransition(OrderTransitionError { from, to });
        Error::InvalidState(state)
    };
    /// For a user who cancels what is paid for.
    OrderPaid => Error::InvalidState(InvalidState::OrderPaid);
}

/// The lines of an order, with their bounds.
struct Lines;

impl ToSchema for Lines {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((
            OrderItemAnswer::name().into_owned(),
            OrderItemAnswer::schema(),
        ));
        OrderItemAnswer::schemas(schemas);
    }
}

impl PartialSchema for Lines {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(Ref::from_schema_name(OrderItemAnswer::name()))
            .min_items(Some(1))
            .max_items(Some(NewOrder::MAX_ITEMS))
            .into()
    }
}

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
