use hexpress_domain::{money, product};
use serde_json::json;

use super::{NOT_BLANK, integer, text};

field_types! {
    ProductName => text()
        .min_length(Some(1))
        .max_length(Some(product::ProductName::MAX_LENGTH))
        .pattern(Some(NOT_BLANK))
        .examples(["Difference engine"]);
    /// Of a product; may be empty.
    Description => text()
        .max_length(Some(product::Description::MAX_LENGTH))
        .examples(["Four thousand parts of brass"]);
    /// What one piece costs.
    Price => integer()
        .minimum(Some(0))
        .maximum(Some(money::Price::MAX))
        .description(Some("In minor units of the currency"))
        .examples([json!(1999)]);
    Currency => text()
        .pattern(Some("^[A-Z]{3}$"))
        .description(Some("A code of ISO 4217"))
        .examples(["EUR"]);
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
