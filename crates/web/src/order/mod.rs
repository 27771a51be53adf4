//! `/api/orders`: what is bought.

mod list;
mod responses;
mod write;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Permit;
use hexpress_app::permissions::operations::ReadOrder;
use hexpress_domain::order::OrderId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::responses::{OrderAnswer, OrderNotFound, show};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::Checked;
use crate::openapi;
use crate::openapi::parameters::{IfNoneMatch, PathId};
use crate::respond::{self, Data};

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    openapi::tagged("Orders", "What is bought")
        .routes(routes!(list::list_orders, write::place_order))
        .routes(routes!(get_order))
        .routes(routes!(write::cancel_order))
        .routes(routes!(write::pay_order))
        .routes(routes!(write::fulfil_order))
}

/// Get an order
///
/// For its user and admins.
#[utoipa::path(
    get,
    path = "/orders/{id}",
    tag = "Orders",
    params(PathId, IfNoneMatch),
    responses(
        (status = 200, description = "The order", body = Data<OrderAnswer>, headers(("ETag"))),
        OrderNotFound,
    ),
    security(("token" = [])),
)]
async fn get_order(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ReadOrder>, OrderId>,
) -> Result<Response, ApiError> {
    let order = api.services.orders.read(&request.who, request.path).await?;
    Ok(request.conditions.respond(respond::render(show(order)?)?))
}
