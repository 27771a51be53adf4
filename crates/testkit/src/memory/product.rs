use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::entity::Version;
use hexpress_domain::list::Page;
use hexpress_domain::product::{
    Product, ProductChange, ProductId, ProductQuery, ProductRecord, ProductRepository, Stock,
    StockChange,
};
use hexpress_domain::repository::{Conflict, RepositoryError};

use super::list::{self, next};
use super::{MemoryStore, State};

/// The stock after a change to it.
fn changed(stock: Stock, change: Option<StockChange>) -> Result<Stock, RepositoryError> {
    let delta = match change {
        None => return Ok(stock),
        Some(StockChange::Set(stock)) => return Ok(stock),
        Some(StockChange::Add(delta)) => delta.get(),
    };
    let after = stock.get().checked_add_signed(delta).map(Stock::new);
    let after = after.ok_or(Conflict::NegativeStock { available: stock });
    match after.map_err(RepositoryError::Conflict)? {
        after if delta > 0 && after.get() > Stock::MAX_SET => {
            Err(RepositoryError::Conflict(Conflict::StockLimit))
        }
        after => Ok(after),
    }
}

impl State {
    /// The live product, if at the version that the caller saw.
    fn product_at(&self, id: ProductId, seen: Version) -> Result<&Product, RepositoryError> {
        let product = self.products.get(&id).filter(|p| p.deleted_at.is_none());
        match product.ok_or(RepositoryError::NotFound)? {
            product if product.version == seen => Ok(product),
            _ => Err(RepositoryError::Stale),
        }
    }
}

#[async_trait]
impl ProductRepository for MemoryStore {
    async fn insert(&self, record: ProductRecord) -> Result<Product, RepositoryError> {
        let new = record.product;
        let product = Product {
            id: record.id,
            name: new.name,
            description: new.description,
            price: new.price,
            currency: new.currency,
            stock: new.stock,
            is_active: new.is_active,
            version: Version::FIRST,
            created_at: record.at,
            updated_at: record.at,
            deleted_at: None,
        };
        self.state().products.insert(record.id, product.clone());
        Ok(product)
    }

    async fn find(&self, id: ProductId) -> Result<Option<Product>, RepositoryError> {
        let state = self.state();
        let product = state.products.get(&id);
        Ok(product.filter(|p| p.deleted_at.is_none()).cloned())
    }

    async fn list(&self, query: ProductQuery) -> Result<Page<Product>, RepositoryError> {
        let is_listed = |product: &&Product| {
            let fields = [product.name.as_str(), product.description.as_str()];
            product.deleted_at.is_none()
                && query
                    .filter
                    .is_active
                    .is_none_or(|active| product.is_active == active)
                && list::matches(query.filter.search.as_ref(), fields)
        };
        let state = self.state();
        Ok(list::page(
            state.products.values().filter(is_listed).cloned().collect(),
            |product| query.sort.cursor(product),
            query.direction,
            &query.page,
            query.filter.search.is_some(),
        ))
    }

    async fn change(&self, change: ProductChange) -> Result<Product, RepositoryError> {
        let mut state = self.state();
        let product = state.product_at(change.id, change.seen)?;
        let product = Product {
            name: change.name,
            description: change.description,
            price: change.price,
            currency: change.currency,
            stock: changed(product.stock, change.stock)?,
            is_active: change.is_active,
            version: next(product.version),
            updated_at: change.at,
            ..product.clone()
        };
        state.products.insert(product.id, product.clone());
        Ok(product)
    }

    async fn delete(
        &self,
        id: ProductId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let mut state = self.state();
        let product = Product {
            version: next(seen),
            updated_at: at,
            deleted_at: Some(at),
            ..state.product_at(id, seen)?.clone()
        };
        state.products.insert(id, product);
        Ok(())
    }
}
