use chrono::{DateTime, Utc};

use super::{Description, ProductName, ProductPatch, Stock, StockChangeError};
use crate::entity::Version;
use crate::id::Id;
use crate::money::{Currency, Price};

/// The id of a product.
pub type ProductId = Id<Product>;

/// Something that is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The id.
    pub id: ProductId,
    /// What it is called.
    pub name: ProductName,
    /// What is said of it.
    pub description: Description,
    /// What one piece costs.
    pub price: Price,
    /// The currency of the price.
    pub currency: Currency,
    /// How many pieces there are. Orders move it and leave the version alone.
    pub stock: Stock,
    /// Whether it is for sale.
    pub is_active: bool,
    /// The number of the row's state.
    pub version: Version,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed, but for its stock by orders.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted, if so.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Product {
    /// Whether an order may name it.
    #[must_use]
    pub const fn is_for_sale(&self) -> bool {
        self.is_active && self.deleted_at.is_none()
    }

    /// The product after a patch, one version on; `None` where the patch changes nothing.
    ///
    /// # Errors
    ///
    /// [`StockChangeError`] where the stock cannot take the change.
    pub fn change(
        &self,
        patch: &ProductPatch,
        at: DateTime<Utc>,
    ) -> Result<Option<Self>, StockChangeError> {
        let (name, description) = (&patch.name, &patch.description);
        let stock = patch.stock.map(|change| self.stock.after(change));
        let after = Self {
            name: name.as_ref().unwrap_or(&self.name).clone(),
            description: description.as_ref().unwrap_or(&self.description).clone(),
            price: patch.price.unwrap_or(self.price),
            currency: patch.currency.unwrap_or(self.currency),
            stock: stock.transpose()?.unwrap_or(self.stock),
            is_active: patch.is_active.unwrap_or(self.is_active),
            ..self.clone()
        };
        Ok((after != *self).then(|| after.changed(at)))
    }

    /// The product when it is deleted, one version on.
    #[must_use]
    pub fn deleted(&self, at: DateTime<Utc>) -> Self {
        Self {
            deleted_at: Some(at),
            ..self.clone().changed(at)
        }
    }

    fn changed(self, at: DateTime<Utc>) -> Self {
        Self {
            version: self.version.next(),
            updated_at: at,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::product::{StockChange, StockDelta};

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn engine() -> Product {
        Product {
            id: ProductId::new(Uuid::from_u128(1)),
            name: "Engine".parse().unwrap(),
            description: Description::default(),
            price: Price::try_from(1_999).unwrap(),
            currency: "GBP".parse().unwrap(),
            stock: Stock::new(5),
            is_active: true,
            version: Version::new(7),
            created_at: at(),
            updated_at: at(),
            deleted_at: None,
        }
    }

    #[test]
    fn a_patch_equal_to_what_is_there_is_no_change() {
        let product = engine();
        for stock in [
            StockChange::Set(Stock::new(5)),
            StockChange::Add(StockDelta::try_from(0).unwrap()),
        ] {
            let same = ProductPatch {
                name: Some(product.name.clone()),
                description: Some(Description::default()),
                price: Some(product.price),
                currency: Some(product.currency),
                stock: Some(stock),
                is_active: Some(true),
            };
            assert_eq!(product.change(&same, at()), Ok(None));
        }
        assert_eq!(product.change(&ProductPatch::default(), at()), Ok(None));
    }

    #[test]
    fn what_the_patch_leaves_out_stays() {
        let product = engine();
        let patch = ProductPatch {
            price: Some(Price::try_from(1).unwrap()),
            ..ProductPatch::default()
        };
        let changed = product.change(&patch, at()).unwrap().unwrap();
        let expected = Product {
            price: Price::try_from(1).unwrap(),
            version: product.version.next(),
            ..product
        };
        assert_eq!(changed, expected);
    }

    #[test]
    fn pieces_come_to_those_that_are_there() {
        let patch = ProductPatch {
            stock: Some(StockChange::Add(StockDelta::try_from(3).unwrap())),
            ..ProductPatch::default()
        };
        let restocked = engine().change(&patch, at()).unwrap().unwrap();
        assert_eq!(restocked.stock, Stock::new(8));
        assert_eq!(restocked.version, Version::new(8));
    }
}
