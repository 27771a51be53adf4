use hexpress_domain::id::ProductId;
use hexpress_domain::money::{Currency, Price};
use hexpress_domain::product::{Description, Product, ProductName};
use serde::Serialize;

use crate::time::Timestamp;

/// A product as everybody sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownProduct {
    id: ProductId,
    name: ProductName,
    description: Description,
    price_cents: Price,
    currency: Currency,
    stock: u64,
    is_active: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Product> for ShownProduct {
    fn from(product: Product) -> Self {
        Self {
            id: product.id,
            name: product.name,
            description: product.description,
            price_cents: product.price,
            currency: product.currency,
            stock: product.stock.get(),
            is_active: product.is_active,
            created_at: Timestamp(product.created_at),
            updated_at: Timestamp(product.updated_at),
        }
    }
}
