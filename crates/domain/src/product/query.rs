use std::str::FromStr;

use super::Product;
use crate::list::{Cursor, Direction, PageRequest, Search, SortValue};

/// The orders in which products can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
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

/// The text names no order of products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must be one of: createdAt, name, priceCents, stock")]
pub struct ProductSortError;

impl ProductSort {
    /// Every order.
    pub const ALL: [Self; 4] = [Self::CreatedAt, Self::Name, Self::PriceCents, Self::Stock];

    /// The order's name, as the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
            Self::Name => "name",
            Self::PriceCents => "priceCents",
            Self::Stock => "stock",
        }
    }

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

    /// Whether a cursor is of this order: its value is of the order's type.
    #[must_use]
    pub const fn accepts(self, cursor: &Cursor) -> bool {
        match (self, &cursor.value) {
            (Self::CreatedAt, SortValue::Time(time)) => time.is_some(),
            (Self::Name, SortValue::Text(_))
            | (Self::PriceCents | Self::Stock, SortValue::Number(_)) => true,
            _ => false,
        }
    }
}

impl FromStr for ProductSort {
    type Err = ProductSortError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|sort| sort.as_str() == text)
            .ok_or(ProductSortError)
    }
}

/// Which live products to list, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ProductQuery {
    /// Only products whose name or description contain this.
    pub search: Option<Search>,
    /// Only products that are, or are not, for sale.
    pub is_active: Option<bool>,
    /// What the list is ordered by; ties are settled by the id.
    pub sort: ProductSort,
    /// The direction of the order, for the id as well.
    pub direction: Direction,
    /// Which part of the list.
    pub page: PageRequest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_read_what_they_write() {
        for sort in ProductSort::ALL {
            assert_eq!(sort.as_str().parse(), Ok(sort));
        }
        assert_eq!("price".parse::<ProductSort>(), Err(ProductSortError));
    }
}
