use hexpress_app::{Error, Resource};
use hexpress_domain::money::{Currency, Price};
use hexpress_domain::product::{Description, Product, ProductId, ProductName};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::openapi::error_responses::{error_responses, shortage};
use crate::respond::Tagged;
use crate::time::Timestamp;

/// The types of fields, as the document names and bounds them.
pub(crate) mod types {
    use hexpress_domain::product;
    use serde_json::json;

    pub(crate) use crate::openapi::types::{Currency, Id, Price};
    use crate::openapi::types::{bounded, field_types, integer};

    field_types! {
        ProductName => bounded(product::ProductName::MIN_LENGTH, product::ProductName::MAX_LENGTH)
            .examples(["Difference engine"]);
        /// Of a product; may be empty.
        Description => bounded(product::Description::MIN_LENGTH, product::Description::MAX_LENGTH)
            .examples(["Four thousand parts of brass"]);
        /// How many pieces there are.
        Stock => {
            let text = "What cancelled orders give back may lift it above what can be set";
            integer()
                .minimum(Some(0))
                .description(Some(text))
                .examples([json!(42)])
        };
        /// How many pieces an admin says there are.
        NewStock => integer()
            .minimum(Some(0))
            .maximum(Some(product::Stock::MAX_SET))
            .examples([json!(42)]);
        StockDelta => {
            let most = product::StockDelta::MAX;
            integer()
                .minimum(Some(-most))
                .maximum(Some(most))
                .examples([json!(-1)])
        };
    }
}

error_responses! {
    /// For the filter of products that only admins may use.
    ForbiddenProductFilter => Error::Forbidden { fields: vec!["isActive"] };
    ProductNotFound => Error::NotFound(Resource::Product);
    /// For more pieces that go than there are.
    NegativeStock => shortage("stockDelta");
}

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
