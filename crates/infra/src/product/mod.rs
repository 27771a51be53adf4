//! Products in the database, and the ledger of their stock.

mod ledger;
mod list;
mod read;
mod rows;
#[cfg(test)]
mod slow_plans;
mod stock;
mod write;

use async_trait::async_trait;
use hexpress_database::Database;
use hexpress_domain::list::Page;
use hexpress_domain::product::{
    Product, ProductId, ProductQuery, ProductRecord, ProductRepository,
};
use hexpress_domain::repository::{Decide, RepositoryError};

pub(crate) use ledger::Cause;
pub(crate) use rows::{ProductRow, pieces, search_text};
pub(crate) use stock::lock as lock_products;

/// [`ProductRepository`] in the database.
#[derive(Clone)]
pub struct DieselProductRepository {
    database: Database,
}

impl DieselProductRepository {
    /// Products of this database, whose migrations have been run.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl ProductRepository for DieselProductRepository {
    async fn insert(&self, product: ProductRecord) -> Result<Product, RepositoryError> {
        self.database
            .write(product, |connection, record| {
                Box::pin(write::insert(connection, record))
            })
            .await
    }

    async fn find(&self, id: ProductId) -> Result<Option<Product>, RepositoryError> {
        self.database
            .look_up(id, |connection, &id| Box::pin(read::find(connection, id)))
            .await
    }

    async fn list(&self, query: ProductQuery) -> Result<Page<Product>, RepositoryError> {
        let is_search = query.filter.search.is_some();
        crate::list::read(&self.database, is_search, query, |connection, query| {
            Box::pin(list::page(connection, query))
        })
        .await
    }

    async fn change(
        &self,
        id: ProductId,
        decide: Decide<Product>,
    ) -> Result<Product, RepositoryError> {
        self.database
            .change((id, decide), |connection, (id, decide)| {
                Box::pin(write::change(connection, *id, decide))
            })
            .await
    }
}
