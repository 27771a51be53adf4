use hexpress_domain::money::{Currency, Price};
use hexpress_domain::product::{Description, Product, ProductId, ProductName};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::openapi::types;
use crate::respond::Tagged;
use crate::time::Timestamp;

/// A product as everybody sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProductAnswer<'a> {
    #[schema(value_type = types::Id)]
    id: ProductId,
    #[schema(value_type = types::ProductName)]
    name: &'a ProductName,
    #[schema(value_type = types::Description)]
    description: &'a Description,
    #[schema(value_type = types::Price)]
    price_cents: Price,
    #[schema(value_type = types::Currency)]
    currency: Currency,
    #[schema(value_type = types::Stock)]
    stock: u64,
    /// Whether it is for sale. Only admins ever see a product that is not.
    is_active: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> From<&'a Product> for ProductAnswer<'a> {
    fn from(product: &'a Product) -> Self {
        Self {
            id: product.id,
            name: &product.name,
            description: &product.description,
            price_cents: product.price,
            currency: product.currency,
            stock: product.stock.get(),
            is_active: product.is_active,
            created_at: Timestamp(product.created_at),
            updated_at: Timestamp(product.updated_at),
        }
    }
}

/// The answer that shows a product.
pub(super) fn show(product: &Product) -> Result<Tagged, ApiError> {
    Tagged::new(product.version, &ProductAnswer::from(product))
}
