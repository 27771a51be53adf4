//! `/api/products`: the catalogue.

mod requests;
mod responses;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Operation;
use hexpress_domain::product::{Product, ProductId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::requests::{
    ListProducts, ListProductsParameters, NewProductBody, ProductPatchBody, new_product,
    patch_product,
};
use self::responses::ProductAnswer;
use crate::api::{Api, BODY_LIMIT};
use crate::error::ApiError;
use crate::extract::{Caller, Conditions, PathId, Query, RequestBody};
use crate::list::{ListParameters, OrderParameter, Pagination};
use crate::openapi::error_responses::{
    Forbidden, ForbiddenProductFilter, NegativeStock, ProductNotFound, Unauthenticated,
};
use crate::openapi::parameters::{IfMatch, IfNoneMatch, PathId as IdParameter};
use crate::respond::{self, Data, Done, List, Tagged, Written};

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_products, create_product))
        .routes(routes!(get_product, update_product, delete_product))
}

/// List products
///
/// What is not for sale is listed to admins alone.
#[utoipa::path(
    get,
    path = "/products",
    tag = "Products",
    params(ListParameters, OrderParameter, ListProductsParameters),
    responses(
        (status = 200, description = "A page of the list", body = List<ProductAnswer>),
        Unauthenticated,
        ForbiddenProductFilter,
    ),
    security((), ("token" = [])),
)]
async fn list_products(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let fields = query.fields()?;
    if fields.has("isActive") {
        caller.permitted_field(Operation::FilterProductsByActivity, "isActive")?;
    }
    let ListProducts { query, fingerprint } = ListProducts::parse(fields)?;
    let request = query.page.clone();
    let page = api.products.list(caller.actor(), query).await?;
    let part = Some((&request, &fingerprint));
    let rendered = api.render_cache.get_or_render(&page, part, |page| {
        let pagination = Pagination::new(&request, page, &fingerprint);
        let products = page.items.iter().map(ProductAnswer::from).collect();
        respond::render_page(products, pagination)
    })?;
    Ok(respond::rendered(rendered.body))
}

/// Put a product into the catalogue
///
/// By admins.
#[utoipa::path(
    post,
    path = "/products",
    tag = "Products",
    request_body = NewProductBody,
    responses(
        (status = 201, description = "Product created successfully", body = Written<ProductAnswer>, headers(("ETag"))),
        Forbidden,
    ),
    security(("token" = [])),
)]
async fn create_product(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ManageProducts)?;
    query.nothing()?;
    let command = new_product(body.fields(BODY_LIMIT).await?)?;
    let product = api.products.create(actor, command).await?;
    let location = format!("{}/api/products/{}", api.settings.base_path, product.id);
    let shown = show(&product)?;
    Ok(shown.on(respond::created(
        "Product created successfully",
        &shown.data,
        &location,
    )))
}

/// Get a product
///
/// What is not for sale is there for admins alone.
#[utoipa::path(
    get,
    path = "/products/{id}",
    tag = "Products",
    params(IdParameter, IfNoneMatch),
    responses(
        (status = 200, description = "The product", body = Data<ProductAnswer>, headers(("ETag"))),
        ProductNotFound,
    ),
    security((), ("token" = [])),
)]
async fn get_product(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    let id: ProductId = id.parse()?;
    query.nothing()?;
    let product = api.products.read(caller.actor(), id).await?;
    let render = |product: &Product| respond::render(show(product)?);
    let rendered = api.render_cache.get_or_render(&product, None, render)?;
    Ok(conditions.respond(rendered))
}

/// Change a product
///
/// By admins. `stock` sets the number of pieces, `stockDelta` moves it; never below 0. Orders keep the name and the price that they were placed at.
#[utoipa::path(
    patch,
    path = "/products/{id}",
    tag = "Products",
    params(IdParameter, IfMatch),
    request_body = ProductPatchBody,
    responses(
        (status = 200, description = "Product updated successfully", body = Written<ProductAnswer>, headers(("ETag"))),
        Forbidden,
        ProductNotFound,
        NegativeStock,
    ),
    security(("token" = [])),
)]
async fn update_product(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ManageProducts)?;
    let id: ProductId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    let patch = patch_product(body.fields(BODY_LIMIT).await?)?;
    let updated = api.products.update(actor, id, &patch, if_match.as_ref());
    let shown = show(&updated.await?)?;
    Ok(shown.on(respond::written(
        "Product updated successfully",
        &shown.data,
    )))
}

/// Delete a product
///
/// By admins. Orders that hold it stay as they are.
#[utoipa::path(
    delete,
    path = "/products/{id}",
    tag = "Products",
    params(IdParameter, IfMatch),
    responses(
        (status = 200, description = "Product deleted successfully", body = Done),
        Forbidden,
        ProductNotFound,
    ),
    security(("token" = [])),
)]
async fn delete_product(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ManageProducts)?;
    let id: ProductId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    body.nothing(BODY_LIMIT).await?;
    api.products.delete(actor, id, if_match.as_ref()).await?;
    Ok(respond::done("Product deleted successfully"))
}

fn show(product: &Product) -> Result<Tagged, ApiError> {
    Tagged::new(product.version, &ProductAnswer::from(product))
}
