//! `/api/orders`: what is bought.

mod answers;
mod requests;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use hexpress_app::permissions::Operation;
use hexpress_domain::id::OrderId;
use hexpress_domain::order::Order;

use self::answers::ShownOrder;
use self::requests::{ListOrders, new_order};
use crate::answer::{self, Tagged};
use crate::api::{Api, BODY_LIMIT};
use crate::error::ApiError;
use crate::extract::{Caller, Conditions, Idempotency, PathId, Query, RequestBody};
use crate::list::Pagination;

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/orders", get(list_orders).post(place_order))
        .route("/orders/{id}", get(get_order))
        .route("/orders/{id}/cancel", post(cancel_order))
        .route("/orders/{id}/pay", post(pay_order))
        .route("/orders/{id}/fulfil", post(fulfil_order))
}

async fn list_orders(
    State(api): State<Api>,
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
    let orders = page.items.into_iter().map(ShownOrder::from).collect();
    Ok(answer::page(orders, pagination))
}

async fn place_order(
    State(api): State<Api>,
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
    let response = shown.on(answer::created(message, &shown.data, &location));
    Ok(if placed.is_replayed {
        Idempotency::replayed(response)
    } else {
        response
    })
}

async fn get_order(
    State(api): State<Api>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ReadOrder)?;
    let id: OrderId = id.parse()?;
    query.nothing()?;
    let shown = show(api.orders.read(actor, id).await?)?;
    Ok(conditions.answer(&shown))
}

async fn cancel_order(
    State(api): State<Api>,
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
    Ok(shown.on(answer::written("Order cancelled successfully", &shown.data)))
}

async fn pay_order(
    State(api): State<Api>,
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
    Ok(shown.on(answer::written("Order paid successfully", &shown.data)))
}

async fn fulfil_order(
    State(api): State<Api>,
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
    Ok(shown.on(answer::written("Order fulfilled successfully", &shown.data)))
}

fn show(order: Order) -> Result<Tagged, ApiError> {
    Tagged::new(order.version, &ShownOrder::from(order))
}
