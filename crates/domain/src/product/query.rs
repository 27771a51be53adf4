use strum::{IntoStaticStr, VariantArray};

use super::Product;
use crate::list::{Cursor, PageQuery, Search, Sort, SortType, SortValue};

/// The orders in which products can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum ProductSort {
    /// By the time of creation.
    #[default]
    CreatedAt,
    /// By name.
    Name,
    /// By price, whatever its currency.
    PriceCents,
    /// By how many pieces there are.
    Stock,
}

impl ProductSort {
    /// The place of a product in this order.
    #[must_use]
    pub fn cursor(self, product: &Product) -> Cursor {
        let value = match self {
            Self::CreatedAt => SortValue::Time(Some(product.created_at)),
            Self::Name => SortValue::Text(product.name.as_str().to_owned()),
            Self::PriceCents => SortValue::Number(product.price.cents().into()),
            Self::Stock => SortValue::Number(product.stock.get()),
        };
        Cursor {
            value,
            id: product.id.as_uuid(),
        }
    }
}

impl Sort for ProductSort {
    fn value_type(self) -> SortType {
        match self {
            Self::CreatedAt => SortType::Time,
            Self::Name => SortType::Text,
            Self::PriceCents | Self::Stock => SortType::Number,
        }
    }
}

/// Which live products a list has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ProductFilter {
    /// Only products whose name or description contain this.
    pub search: Option<Search>,
    /// Only products that are, or are not, for sale.
    pub is_active: Option<bool>,
}

/// Which products to list, and how.
pub type ProductQuery = PageQuery<ProductFilter, ProductSort>;
