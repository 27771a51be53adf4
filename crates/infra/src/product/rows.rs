use diesel::prelude::*;
use hexpress_database::Corrupt;
use hexpress_database::sql::{StoredId, StoredInstant};
use hexpress_domain::entity::Version;
use hexpress_domain::list::fold;
use hexpress_domain::product::{Description, Product, ProductId, ProductName, Stock};
use hexpress_domain::text::Kept;

use crate::schema::products;

/// A product as it is stored, but for the text of searches.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = products, treat_none_as_null = true)]
pub(crate) struct ProductRow {
    id: StoredId,
    name: String,
    description: String,
    price_cents: i64,
    currency: String,
    pub(super) stock: i64,
    is_active: bool,
    version: i64,
    #[diesel(skip_update)]
    created_at: StoredInstant,
    updated_at: StoredInstant,
    deleted_at: Option<StoredInstant>,
}

impl ProductRow {
    /// The product as it was before so many pieces were taken.
    pub(crate) const fn before(mut self, pieces: i64) -> Self {
        self.stock += pieces;
        self
    }
}

impl TryFrom<ProductRow> for Product {
    type Error = Corrupt;

    fn try_from(row: ProductRow) -> Result<Self, Corrupt> {
        let columns = Corrupt::row("products", row.id.0);
        Ok(Self {
            id: ProductId::new(row.id.0),
            name: columns.convert("name", Kept(row.name))?,
            description: columns.convert("description", Kept(row.description))?,
            price: columns.convert("price_cents", row.price_cents)?,
            currency: columns.parse("currency", &row.currency)?,
            stock: Stock::new(columns.convert("stock", row.stock)?),
            is_active: row.is_active,
            version: Version::new(row.version),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            deleted_at: row.deleted_at.map(|time| time.0),
        })
    }
}

impl From<&Product> for ProductRow {
    fn from(product: &Product) -> Self {
        Self {
            id: product.id.into(),
            name: product.name.as_str().to_owned(),
            description: product.description.as_str().to_owned(),
            price_cents: product.price.into(),
            currency: product.currency.as_str().to_owned(),
            stock: pieces(product.stock),
            is_active: product.is_active,
            version: product.version.get(),
            created_at: product.created_at.into(),
            updated_at: product.updated_at.into(),
            deleted_at: product.deleted_at.map(StoredInstant),
        }
    }
}

/// The change of the text of searches, where the text that it is made of changes.
pub(super) fn search_change(before: &Product, after: &Product) -> Option<String> {
    let is_same = (&before.name, &before.description) == (&after.name, &after.description);
    (!is_same).then(|| search_text(&after.name, &after.description))
}

/// No stock that an input sets is out of range.
pub(crate) fn pieces(stock: Stock) -> i64 {
    i64::try_from(stock.get()).unwrap_or(i64::MAX)
}

/// The fields that the product list is searched in, the same ones for every row.
pub(crate) fn search_text(name: &ProductName, description: &Description) -> String {
    fold([name.as_str(), description.as_str()])
}
