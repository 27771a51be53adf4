//! `/api/products`: the catalogue.

mod answers;
mod requests;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use hexpress_app::permissions::Operation;
use hexpress_domain::id::ProductId;
use hexpress_domain::product::Product;

use self::answers::ShownProduct;
use self::requests::{ListProducts, new_product, patch_product};
use crate::answer::{self, Tagged};
use crate::api::{Api, BODY_LIMIT};
use crate::error::ApiError;
use crate::extract::{Caller, Conditions, PathId, Query, RequestBody};
use crate::list::Pagination;

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/products", get(list_products).post(create_product))
        .route(
            "/products/{id}",
            get(get_product)
                .patch(update_product)
                .delete(delete_product),
        )
}

async fn list_products(
    State(api): State<Api>,
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
    let pagination = Pagination::new(&request, &page, &fingerprint);
    let products = page.items.into_iter().map(ShownProduct::from).collect();
    Ok(answer::page(products, pagination))
}

async fn create_product(
    State(api): State<Api>,
    caller: Caller,
    query: Query,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ManageProducts)?;
    query.nothing()?;
    let command = new_product(body.fields(BODY_LIMIT).await?)?;
    let product = api.products.create(actor, command).await?;
    let location = format!("{}/api/products/{}", api.settings.base_path, product.id);
    let shown = show(product)?;
    Ok(shown.on(answer::created(
        "Product created successfully",
        &shown.data,
        &location,
    )))
}

async fn get_product(
    State(api): State<Api>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    let id: ProductId = id.parse()?;
    query.nothing()?;
    let shown = show(api.products.read(caller.actor(), id).await?)?;
    Ok(conditions.answer(&shown))
}

async fn update_product(
    State(api): State<Api>,
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
    let shown = show(updated.await?)?;
    Ok(shown.on(answer::written("Product updated successfully", &shown.data)))
}

async fn delete_product(
    State(api): State<Api>,
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
    Ok(answer::done("Product deleted successfully"))
}

fn show(product: Product) -> Result<Tagged, ApiError> {
    Tagged::new(product.version, &ShownProduct::from(product))
}
