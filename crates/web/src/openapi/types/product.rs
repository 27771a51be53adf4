use hexpress_domain::{money, product};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::{NOT_BLANK, integer, text};

pub(crate) struct ProductName;

impl ToSchema for ProductName {}

impl PartialSchema for ProductName {
    fn schema() -> RefOr<Schema> {
        text()
            .min_length(Some(1))
            .max_length(Some(product::ProductName::MAX_LENGTH))
            .pattern(Some(NOT_BLANK))
            .examples(["Difference engine"])
            .into()
    }
}

/// Of a product; may be empty.
pub(crate) struct Description;

impl ToSchema for Description {}

impl PartialSchema for Description {
    fn schema() -> RefOr<Schema> {
        text()
            .max_length(Some(product::Description::MAX_LENGTH))
            .examples(["Four thousand parts of brass"])
            .into()
    }
}

/// What one piece costs.
pub(crate) struct Price;

impl ToSchema for Price {}

impl PartialSchema for Price {
    fn schema() -> RefOr<Schema> {
        integer()
            .minimum(Some(0))
            .maximum(Some(money::Price::MAX))
            .description(Some("In minor units of the currency"))
            .examples([json!(1999)])
            .into()
    }
}

pub(crate) struct Currency;

impl ToSchema for Currency {}

impl PartialSchema for Currency {
    fn schema() -> RefOr<Schema> {
        text()
            .pattern(Some("^[A-Z]{3}$"))
            .description(Some("A code of ISO 4217"))
            .examples(["EUR"])
            .into()
    }
}

/// How many pieces there are.
pub(crate) struct Stock;

impl ToSchema for Stock {}

impl PartialSchema for Stock {
    fn schema() -> RefOr<Schema> {
        let text = "What cancelled orders give back may lift it above what can be set";
        integer()
            .minimum(Some(0))
            .description(Some(text))
            .examples([json!(42)])
            .into()
    }
}

/// How many pieces an admin says there are.
pub(crate) struct NewStock;

impl ToSchema for NewStock {}

impl PartialSchema for NewStock {
    fn schema() -> RefOr<Schema> {
        integer()
            .minimum(Some(0))
            .maximum(Some(product::Stock::MAX_SET))
            .examples([json!(42)])
            .into()
    }
}

pub(crate) struct StockDelta;

impl ToSchema for StockDelta {}

impl PartialSchema for StockDelta {
    fn schema() -> RefOr<Schema> {
        let most = product::StockDelta::MAX;
        integer()
            .minimum(Some(-most))
            .maximum(Some(most))
            .examples([json!(-1)])
            .into()
    }
}
