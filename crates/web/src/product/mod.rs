//! `/api/products`: the catalogue.

mod list;
pub(crate) mod responses;
mod write;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_domain::auth::Actor;
use hexpress_domain::product::{Product, ProductId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::responses::{ProductAnswer, ProductNotFound, show};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::Checked;
use crate::openapi;
use crate::openapi::parameters::{IfNoneMatch, PathId};
use crate::respond::{self, Data};

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    openapi::tagged("Products", "The catalogue")
        .routes(routes!(list::list_products, write::create_product))
        .routes(routes!(
            get_product,
            write::update_product,
            write::delete_product
        ))
}

/// Get a product
///
/// What is not for sale is there for admins alone.
#[utoipa::path(
    get,
    path = "/products/{id}",
    tag = "Products",
    params(PathId, IfNoneMatch),
    responses(
        (status = 200, description = "The product", body = Data<ProductAnswer>, headers(("ETag"))),
        ProductNotFound,
    ),
    security((), ("token" = [])),
)]
async fn get_product(
    State(api): State<Arc<Api>>,
    request: Checked<Actor, ProductId>,
) -> Result<Response, ApiError> {
    let product = api
        .services
        .products
        .read(&request.who, request.path, request.conditions.freshness())
        .await?;
    let render = |product: &Product| respond::render(show(product)?);
    let rendered = api.render_cache.get_or_render(&product, None, render)?;
    Ok(request.conditions.respond(rendered))
}
