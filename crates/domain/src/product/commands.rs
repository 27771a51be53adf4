use super::{Description, ProductName, Stock, StockChange, StockDelta};
use crate::money::{Currency, Price};
use crate::validation::{Field, ValidationErrors};

/// The fields of a new product as they arrived.
#[derive(Debug, Default)]
pub struct RawNewProduct {
    /// What it is called.
    pub name: Field<String>,
    /// What is said of it.
    pub description: Field<String>,
    /// What one piece costs, in minor units.
    pub price_cents: Field<i64>,
    /// The currency of the price.
    pub currency: Field<String>,
    /// How many pieces there are.
    pub stock: Field<i64>,
    /// Whether it is for sale.
    pub is_active: Field<bool>,
}

/// A valid new product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// What it is called.
    pub name: ProductName,
    /// What is said of it.
    pub description: Description,
    /// What one piece costs.
    pub price: Price,
    /// The currency of the price.
    pub currency: Currency,
    /// How many pieces there are.
    pub stock: Stock,
    /// Whether it is for sale.
    pub is_active: bool,
}

impl NewProduct {
    /// Reads a new product.
    ///
    /// # Errors
    ///
    /// All faults of all fields.
    pub fn parse(raw: RawNewProduct) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let name = errors.required("name", raw.name, "Name is required");
        let description = errors.optional("description", raw.description);
        let price = errors.required("priceCents", raw.price_cents, "Price is required");
        let missing = "Currency is required";
        let currency = errors.required_with("currency", raw.currency, missing, |text| {
            Currency::in_use(&text)
        });
        let stock = errors.required("stock", raw.stock, "Stock is required");
        let is_active = errors.optional("isActive", raw.is_active);
        errors.finish(|| {
            Some(Self {
                name: name?,
                description: description.unwrap_or_default(),
                price: price?,
                currency: currency?,
                stock: stock?,
                is_active: is_active.unwrap_or(true),
            })
        })
    }
}

/// The fields of a change to a product as they arrived.
#[derive(Debug, Default)]
pub struct RawProductPatch {
    /// A new name.
    pub name: Field<String>,
    /// A new description.
    pub description: Field<String>,
    /// A new price, in minor units.
    pub price_cents: Field<i64>,
    /// A new currency.
    pub currency: Field<String>,
    /// A new number of pieces.
    pub stock: Field<i64>,
    /// How many pieces come or go; not beside `stock`.
    pub stock_delta: Field<i64>,
    /// Whether it is for sale.
    pub is_active: Field<bool>,
}

/// A valid change to a product; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductPatch {
    /// A new name.
    pub name: Option<ProductName>,
    /// A new description.
    pub description: Option<Description>,
    /// A new price.
    pub price: Option<Price>,
    /// A new currency.
    pub currency: Option<Currency>,
    /// What happens to the stock.
    pub stock: Option<StockChange>,
    /// Whether it is for sale.
    pub is_active: Option<bool>,
}

impl ProductPatch {
    /// Reads a change.
    ///
    /// # Errors
    ///
    /// All faults of all fields; `stock` and `stockDelta` exclude each other.
    pub fn parse(raw: RawProductPatch) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let sets_stock = !matches!(raw.stock, Field::Absent);
        let patch = Self {
            name: errors.optional("name", raw.name),
            description: errors.optional("description", raw.description),
            price: errors.optional("priceCents", raw.price_cents),
            currency: errors
                .optional_with("currency", raw.currency, |text| Currency::in_use(&text)),
            stock: {
                let stock = errors.optional("stock", raw.stock);
                let delta = errors.optional_with("stockDelta", raw.stock_delta, |pieces| {
                    if sets_stock {
                        return Err("Must not be sent beside stock".to_owned());
                    }
                    StockDelta::try_from(pieces).map_err(|error| error.to_string())
                });
                stock.map(StockChange::Set).or(delta.map(StockChange::Add))
            },
            is_active: errors.optional("isActive", raw.is_active),
        };
        errors.finish(|| Some(patch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Field<String> {
        Field::Value(text.to_owned())
    }

    #[test]
    fn a_new_product_names_all_that_is_missing() {
        let errors = NewProduct::parse(RawNewProduct::default()).unwrap_err();
        assert_eq!(
            errors.pairs(),
            [
                ("name", "Name is required"),
                ("priceCents", "Price is required"),
                ("currency", "Currency is required"),
                ("stock", "Stock is required"),
            ]
        );
    }

    #[test]
    fn a_new_product_names_all_its_faults() {
        let raw = RawNewProduct {
            name: text(" "),
            description: text(&"a".repeat(5_001)),
            price_cents: Field::Value(-1),
            currency: text("eur"),
            stock: Field::Value(1_000_000_001),
            is_active: Field::Null,
        };
        let errors = NewProduct::parse(raw).unwrap_err();
        assert_eq!(
            errors.pairs(),
            [
                ("name", "Name is required"),
                (
                    "description",
                    "Description must be at most 5000 characters long"
                ),
                ("priceCents", "Price must be between 0 and 1000000000 cents"),
                (
                    "currency",
                    "Currency must be the ISO 4217 code of a currency in use, in upper case"
                ),
                ("stock", "Stock must be between 0 and 1000000000"),
                ("isActive", "Must not be null"),
            ]
        );
    }

    #[test]
    fn a_new_product_is_for_sale_unless_it_says_otherwise() {
        let raw = |is_active| RawNewProduct {
            name: text("Engine"),
            price_cents: Field::Value(0),
            currency: text("GBP"),
            stock: Field::Value(0),
            is_active,
            ..RawNewProduct::default()
        };
        let new = NewProduct::parse(raw(Field::Absent)).unwrap();
        assert!(new.is_active && new.description.as_str().is_empty());
        let hidden = NewProduct::parse(raw(Field::Value(false))).unwrap();
        assert!(!hidden.is_active);
    }

    #[test]
    fn stock_is_set_or_moved_but_not_both() {
        let stock = |raw| ProductPatch::parse(raw).unwrap().stock;
        let set = RawProductPatch {
            stock: Field::Value(3),
            ..RawProductPatch::default()
        };
        assert_eq!(stock(set), Some(StockChange::Set(Stock::new(3))));
        let moved = RawProductPatch {
            stock_delta: Field::Value(-3),
            ..RawProductPatch::default()
        };
        let delta = StockDelta::try_from(-3).unwrap();
        assert_eq!(stock(moved), Some(StockChange::Add(delta)));
        let both = RawProductPatch {
            stock: Field::Value(3),
            stock_delta: Field::Value(3),
            ..RawProductPatch::default()
        };
        assert_eq!(
            ProductPatch::parse(both).unwrap_err().pairs(),
            [("stockDelta", "Must not be sent beside stock")]
        );
    }
}
