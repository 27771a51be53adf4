use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Permit;
use hexpress_app::permissions::operations::ManageProducts;
use hexpress_domain::product::{
    NewProduct, ProductId, ProductPatch, RawNewProduct, RawProductPatch,
};
use hexpress_domain::validation::ValidationErrors;
use serde_json::{Value, json};

use super::responses::{NegativeStock, ProductAnswer, ProductNotFound, show, types};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::{Body, Checked, Declared, Described, Form};
use crate::openapi::error_responses::Forbidden;
use crate::openapi::parameters::{IfMatch, PathId};
use crate::respond::{self, Done, Written};

type NewProductBody = Described<RawNewProduct>;
type ProductPatchBody = Described<RawProductPatch>;

impl Declared for RawNewProduct {
    const NAME: &'static str = "NewProductBody";
    const DESCRIPTION: &'static str = "A product for the catalogue.";

    fn declare(form: &mut Form) -> Self {
        Self {
            name: form.required::<types::ProductName>("name").text(),
            description: form.optional::<types::Description>("description").text(),
            price_cents: form.required::<types::Price>("priceCents").whole_number(),
            currency: form.required::<types::Currency>("currency").text(),
            stock: form.required::<types::NewStock>("stock").whole_number(),
            is_active: form
                .flag("isActive")
                .about("Whether it is for sale.")
                .default(true)
                .boolean(),
        }
    }
}

impl Body for NewProduct {
    type Raw = RawNewProduct;

    fn from_raw(raw: RawNewProduct, _: &Api) -> Result<Self, ValidationErrors> {
        Self::parse(raw)
    }
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
pub(super) async fn create_product(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ManageProducts>, (), (), NewProduct>,
) -> Result<Response, ApiError> {
    let Checked { who, body, .. } = request;
    let product = api.services.products.create(&who, body).await?;
    let location = api.location("products", product.id);
    Ok(show(&product)?.created("Product created successfully", &location))
}

impl Declared for RawProductPatch {
    const NAME: &'static str = "ProductPatchBody";
    const DESCRIPTION: &'static str = "A change to a product: what is absent stays as it is.";

    fn declare(form: &mut Form) -> Self {
        Self {
            name: form.optional::<types::ProductName>("name").text(),
            description: form.optional::<types::Description>("description").text(),
            price_cents: form.optional::<types::Price>("priceCents").whole_number(),
            currency: form.optional::<types::Currency>("currency").text(),
            stock: form
                .optional::<types::NewStock>("stock")
                .about("How many pieces there are now, whatever was counted before.")
                .whole_number(),
            stock_delta: form
                .optional::<types::StockDelta>("stockDelta")
                .about(
                    "How many pieces have come, or gone where it is negative. Not beside `stock`.",
                )
                .whole_number(),
            is_active: form
                .flag("isActive")
                .about("Whether it is for sale.")
                .boolean(),
        }
    }

    fn example() -> Option<Value> {
        Some(json!({"priceCents": 1899, "stockDelta": -1}))
    }
}

impl Body for ProductPatch {
    type Raw = RawProductPatch;

    fn from_raw(raw: RawProductPatch, _: &Api) -> Result<Self, ValidationErrors> {
        Self::parse(raw)
    }
}

/// Change a product
///
/// By admins. `stock` sets the number of pieces, `stockDelta` moves it; never below 0. Orders keep the name and the price that they were placed at.
#[utoipa::path(
    patch,
    path = "/products/{id}",
    tag = "Products",
    params(PathId, IfMatch),
    request_body = ProductPatchBody,
    responses(
        (status = 200, description = "Product updated successfully", body = Written<ProductAnswer>, headers(("ETag"))),
        Forbidden,
        ProductNotFound,
        NegativeStock,
    ),
    security(("token" = [])),
)]
pub(super) async fn update_product(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ManageProducts>, ProductId, (), ProductPatch>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    let updated = api
        .services
        .products
        .update(who, request.path, request.body, preconditions);
    Ok(show(&updated.await?)?.written("Product updated successfully"))
}

/// Delete a product
///
/// By admins. Orders that hold it stay as they are.
#[utoipa::path(
    delete,
    path = "/products/{id}",
    tag = "Products",
    params(PathId, IfMatch),
    responses(
        (status = 200, description = "Product deleted successfully", body = Done),
        Forbidden,
        ProductNotFound,
    ),
    security(("token" = [])),
)]
pub(super) async fn delete_product(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ManageProducts>, ProductId>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    api.services
        .products
        .delete(who, request.path, preconditions)
        .await?;
    Ok(respond::done("Product deleted successfully"))
}
