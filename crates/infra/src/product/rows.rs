use diesel::prelude::*;
use hexpress_database::Corrupt;
use hexpress_database::sql::{StoredId, StoredInstant};
use hexpress_domain::entity::Version;
use hexpress_domain::list::fold;
use hexpress_domain::product::{
    Description, Product, ProductId, ProductName, ProductRecord, Stock,
};

use crate::schema::products;

/// A product as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = products)]
pub(crate) struct ProductRow {
    id: StoredId,
    name: String,
    description: String,
    price_cents: i64,
    currency: String,
    pub(super) stock: i64,
    is_active: bool,
    version: i64,
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
        let id = row.id.0;
        Ok(Self {
            id: ProductId::new(id),
            name: row
                .name
                .parse()
                .map_err(|fault| Corrupt::new("products", "name", id, fault))?,
            description: row
                .description
                .parse()
                .map_err(|fault| Corrupt::new("products", "description", id, fault))?,
            price: row
                .price_cents
                .try_into()
                .map_err(|fault| Corrupt::new("products", "price_cents", id, fault))?,
            currency: row
                .currency
                .parse()
                .map_err(|fault| Corrupt::new("products", "currency", id, fault))?,
            stock: u64::try_from(row.stock)
                .map(Stock::new)
                .map_err(|fault| Corrupt::new("products", "stock", id, fault))?,
            is_active: row.is_active,
            version: Version::new(row.version),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            deleted_at: row.deleted_at.map(|time| time.0),
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = products)]
pub(super) struct NewProductRow<'a> {
    id: StoredId,
    name: &'a str,
    description: &'a str,
    price_cents: i64,
    currency: &'a str,
    stock: i64,
    is_active: bool,
    search_text: String,
    version: i64,
    created_at: StoredInstant,
    updated_at: StoredInstant,
}

impl<'a> NewProductRow<'a> {
    pub(super) fn of(record: &'a ProductRecord) -> Self {
        let product = &record.product;
        Self {
            id: record.id.into(),
            name: product.name.as_str(),
            description: product.description.as_str(),
            price_cents: product.price.into(),
            currency: product.currency.as_str(),
            stock: pieces(product.stock),
            is_active: product.is_active,
            search_text: search_text(&product.name, &product.description),
            version: Version::FIRST.get(),
            created_at: record.at.into(),
            updated_at: record.at.into(),
        }
    }
}

#[derive(AsChangeset)]
#[diesel(table_name = products)]
pub(super) struct ProductChangeset<'a> {
    name: &'a str,
    description: &'a str,
    price_cents: i64,
    currency: &'a str,
    stock: i64,
    is_active: bool,
    /// The old one stays where the text that it is made of does.
    search_text: Option<String>,
    version: i64,
    updated_at: StoredInstant,
    #[diesel(treat_none_as_null = true)]
    deleted_at: Option<StoredInstant>,
}

impl<'a> ProductChangeset<'a> {
    pub(super) fn of(before: &Product, after: &'a Product) -> Self {
        let is_same = (&before.name, &before.description) == (&after.name, &after.description);
        Self {
            name: after.name.as_str(),
            description: after.description.as_str(),
            price_cents: after.price.into(),
            currency: after.currency.as_str(),
            stock: pieces(after.stock),
            is_active: after.is_active,
            search_text: (!is_same).then(|| search_text(&after.name, &after.description)),
            version: after.version.get(),
            updated_at: after.updated_at.into(),
            deleted_at: after.deleted_at.map(StoredInstant),
        }
    }
}

/// No stock that an input sets is out of range.
pub(crate) fn pieces(stock: Stock) -> i64 {
    i64::try_from(stock.get()).unwrap_or(i64::MAX)
}

/// The fields that the product list is searched in, the same ones for every row.
pub(crate) fn search_text(name: &ProductName, description: &Description) -> String {
    fold([name.as_str(), description.as_str()])
}
