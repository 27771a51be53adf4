use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Permit;
use hexpress_app::permissions::operations::{CancelOrder, FulfilOrder, PayOrder, PlaceOrder};
use hexpress_domain::order::{NewOrder, OrderId, RawNewOrder, RawNewOrderItem};
use hexpress_domain::validation::ValidationErrors;

use super::responses::{
    IdempotencyKeyReused, InsufficientStock, NotForSale, OrderAnswer, OrderNotFound, OrderPaid,
    OrderTransition, show, types,
};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::{self, Body, Checked, Declared, Described, Form};
use crate::openapi::error_responses::Forbidden;
use crate::openapi::parameters::{IdempotencyKey, IfMatch, PathId};
use crate::respond::Written;

type NewOrderBody = Described<RawNewOrder>;

impl Declared for RawNewOrder {
    const NAME: &'static str = "NewOrderBody";
    const DESCRIPTION: &'static str =
        "An order to be placed: each product once, and all in one currency.";

    fn declare(form: &mut Form) -> Self {
        Self {
            items: form.items("items", NewOrder::MAX_ITEMS),
        }
    }
}

impl Declared for RawNewOrderItem {
    const NAME: &'static str = "NewOrderItemBody";
    const DESCRIPTION: &'static str = "A line of an order to be placed.";

    fn declare(form: &mut Form) -> Self {
        Self {
            product_id: form.required::<types::Id>("productId").text(),
            quantity: form.required::<types::Quantity>("quantity").whole_number(),
        }
    }
}

impl Body for NewOrder {
    type Raw = RawNewOrder;

    const IS_IDEMPOTENT: bool = true;

    fn from_raw(raw: RawNewOrder, _: &Api) -> Result<Self, ValidationErrors> {
        Self::parse(raw)
    }
}

/// Place an order
///
/// All of it or nothing: the prices are those of the products at that moment, and the pieces are taken from their stocks. With an `Idempotency-Key`, sending the same again answers with the same order, and another with 422.
#[utoipa::path(
    post,
    path = "/orders",
    tag = "Orders",
    params(IdempotencyKey),
    request_body = NewOrderBody,
    responses(
        (
            status = 201,
            description = "Order created successfully",
            body = Written<OrderAnswer>,
            headers(("ETag"), ("Idempotency-Replayed")),
        ),
        NotForSale,
        InsufficientStock,
        IdempotencyKeyReused,
    ),
    security(("token" = [])),
)]
pub(super) async fn place_order(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<PlaceOrder>, (), (), NewOrder>,
) -> Result<Response, ApiError> {
    let Checked {
        who,
        body,
        idempotency_key,
        ..
    } = request;
    let placed = api
        .services
        .orders
        .place(&who, body, idempotency_key)
        .await?;
    let location = api.location("orders", placed.order.id);
    let response = show(placed.order)?.created("Order created successfully", &location);
    Ok(if placed.is_replayed {
        extract::replayed(response)
    } else {
        response
    })
}

/// Cancel an order
///
/// By its user while it is `pending`, by admins while it is `pending` or `paid`. Its pieces go back into the stocks.
#[utoipa::path(
    post,
    path = "/orders/{id}/cancel",
    tag = "Orders",
    params(PathId, IfMatch),
    responses(
        (status = 200, description = "Order cancelled successfully", body = Written<OrderAnswer>, headers(("ETag"))),
        OrderNotFound,
        OrderTransition,
        OrderPaid,
    ),
    security(("token" = [])),
)]
pub(super) async fn cancel_order(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<CancelOrder>, OrderId>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    let order = api
        .services
        .orders
        .cancel(who, request.path, preconditions)
        .await?;
    Ok(show(order)?.written("Order cancelled successfully"))
}

/// Mark an order as paid
///
/// By admins, from `pending`.
#[utoipa::path(
    post,
    path = "/orders/{id}/pay",
    tag = "Orders",
    params(PathId, IfMatch),
    responses(
        (status = 200, description = "Order paid successfully", body = Written<OrderAnswer>, headers(("ETag"))),
        Forbidden,
        OrderNotFound,
        OrderTransition,
    ),
    security(("token" = [])),
)]
pub(super) async fn pay_order(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<PayOrder>, OrderId>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    let order = api
        .services
        .orders
        .pay(who, request.path, preconditions)
        .await?;
    Ok(show(order)?.written("Order paid successfully"))
}

/// Mark an order as fulfilled
///
/// By admins, from `paid`.
#[utoipa::path(
    post,
    path = "/orders/{id}/fulfil",
    tag = "Orders",
    params(PathId, IfMatch),
    responses(
        (status = 200, description = "Order fulfilled successfully", body = Written<OrderAnswer>, headers(("ETag"))),
        Forbidden,
        OrderNotFound,
        OrderTransition,
    ),
    security(("token" = [])),
)]
pub(super) async fn fulfil_order(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<FulfilOrder>, OrderId>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    let order = api
        .services
        .orders
        .fulfil(who, request.path, preconditions)
        .await?;
    Ok(show(order)?.written("Order fulfilled successfully"))
}
