//! `/api/orders`: what is bought.

mod requests;
mod responses;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Operation;
use hexpress_domain::order::Order;
use hexpress_domain::order::OrderId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::requests::{ListOrders, ListOrdersParameters, NewOrderBody, new_order};
use self::responses::OrderAnswer;
use crate::api::{Api, BODY_LIMIT};
use crate::error::ApiError;
use crate::extract::{Caller, Conditions, Idempotency, PathId, Query, RequestBody};
use crate::list::{ListParameters, OrderParameter, Pagination};
use crate::openapi::error_responses::{
    Forbidden, ForbiddenOrderFilter, IdempotencyKeyReused, InsufficientStock, NotForSale,
    OrderNotFound, OrderPaid, OrderTransition,
};
use crate::openapi::parameters::{IdempotencyKey, IfMatch, IfNoneMatch, PathId as IdParameter};
use crate::respond::{self, Data, List, Tagged, Written};

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_orders, place_order))
        .routes(routes!(get_order))
        .routes(routes!(cancel_order))
        .routes(routes!(pay_order))
        .routes(routes!(fulfil_order))
}

/// List orders
///
/// One's own; those of all users for admins.
#[utoipa::path(
    get,
    path = "/orders",
    tag = "Orders",
    params(ListParameters, OrderParameter, ListOrdersParameters),
    responses(
        (status = 200, description = "A page of the list", body = List<OrderAnswer>),
        ForbiddenOrderFilter,
    ),
    security(("token" = [])),
)]
async fn list_orders(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ListOrders)?;
    let fields = query.fields()?;
    if fields.has("userId") {
        caller.permitted_field(Operation::FilterOrdersByUser, "userId")?;
    }
    let ListOrders { query, fingerprint } = ListOrders::parse(fields)?;
    let request = query.page.clone();
    let page = api.orders.list(actor, query).await?;
    let pagination = Pagination::new(&request, &page, &fingerprint);
    let orders = page.items.into_iter().map(OrderAnswer::from).collect();
    Ok(respond::page(orders, pagination))
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
async fn place_order(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
    idempotency: Idempotency,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::PlaceOrder)?;
    query.nothing()?;
    let key = idempotency.key()?;
    let command = new_order(body.fields(BODY_LIMIT).await?)?;
    let placed = api.orders.place(actor, command, key).await?;
    let location = format!("{}/api/orders/{}", api.settings.base_path, placed.order.id);
    let shown = show(placed.order)?;
    let message = "Order created successfully";
    let response = shown.on(respond::created(message, &shown.data, &location));
    Ok(if placed.is_replayed {
        Idempotency::replayed(response)
    } else {
        response
    })
}

/// Get an order
///
/// For its user and admins.
#[utoipa::path(
    get,
    path = "/orders/{id}",
    tag = "Orders",
    params(IdParameter, IfNoneMatch),
    responses(
        (status = 200, description = "The order", body = Data<OrderAnswer>, headers(("ETag"))),
        OrderNotFound,
    ),
    security(("token" = [])),
)]
async fn get_order(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ReadOrder)?;
    let id: OrderId = id.parse()?;
    query.nothing()?;
    let shown = show(api.orders.read(actor, id).await?)?;
    Ok(conditions.respond(respond::render(shown)?))
}

/// Cancel an order
///
/// By its user while it is `pending`, by admins while it is `pending` or `paid`. Its pieces go back into the stocks.
#[utoipa::path(
    post,
    path = "/orders/{id}/cancel",
    tag = "Orders",
    params(IdParameter, IfMatch),
    responses(
        (status = 200, description = "Order cancelled successfully", body = Written<OrderAnswer>, headers(("ETag"))),
        OrderNotFound,
        OrderTransition,
        OrderPaid,
    ),
    security(("token" = [])),
)]
async fn cancel_order(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::CancelOrder)?;
    let id: OrderId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    body.nothing(BODY_LIMIT).await?;
    let shown = show(api.orders.cancel(actor, id, if_match.as_ref()).await?)?;
    Ok(shown.on(respond::written(
        "Order cancelled successfully",
        &shown.data,
    )))
}

/// Mark an order as paid
///
/// By admins, from `pending`.
#[utoipa::path(
    post,
    path = "/orders/{id}/pay",
    tag = "Orders",
    params(IdParameter, IfMatch),
    responses(
        (status = 200, description = "Order paid successfully", body = Written<OrderAnswer>, headers(("ETag"))),
        Forbidden,
        OrderNotFound,
        OrderTransition,
    ),
    security(("token" = [])),
)]
async fn pay_order(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::PayOrder)?;
    let id: OrderId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    body.nothing(BODY_LIMIT).await?;
    let shown = show(api.orders.pay(actor, id, if_match.as_ref()).await?)?;
    Ok(shown.on(respond::written("Order paid successfully", &shown.data)))
}

/// Mark an order as fulfilled
///
/// By admins, from `paid`.
#[utoipa::path(
    post,
    path = "/orders/{id}/fulfil",
    tag = "Orders",
    params(IdParameter, IfMatch),
    responses(
        (status = 200, description = "Order fulfilled successfully", body = Written<OrderAnswer>, headers(("ETag"))),
        Forbidden,
        OrderNotFound,
        OrderTransition,
    ),
    security(("token" = [])),
)]
async fn fulfil_order(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::FulfilOrder)?;
    let id: OrderId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    body.nothing(BODY_LIMIT).await?;
    let shown = show(api.orders.fulfil(actor, id, if_match.as_ref()).await?)?;
    Ok(shown.on(respond::written(
        "Order fulfilled successfully",
        &shown.data,
    )))
}

fn show(order: Order) -> Result<Tagged, ApiError> {
    Tagged::new(order.version, &OrderAnswer::from(order))
}
