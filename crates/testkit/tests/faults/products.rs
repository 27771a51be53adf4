use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::entity::Version;
use hexpress_domain::list::Page;
use hexpress_domain::product::{
    Product, ProductChange, ProductId, ProductQuery, ProductRecord, ProductRepository, ProductSort,
    Stock, StockChange, StockDelta,
};
use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::product::PROMISES;

use crate::assert_found;
use crate::orders::shop;

pub struct FaultyProducts {
    pub products: Arc<MemoryStore>,
    /// The stock that each product began with.
    pub first_stock: Mutex<HashMap<ProductId, Stock>>,
    pub fault: &'static str,
}

#[tokio::test(start_paused = true)]
async fn each_is_found_by_the_name_of_its_promise() {
    assert_found(PROMISES, false, shop).await;
}

impl FaultyProducts {
    fn products(&self) -> &dyn ProductRepository {
        &*self.products
    }
}

#[async_trait]
impl ProductRepository for FaultyProducts {
    async fn insert(&self, mut product: ProductRecord) -> Result<Product, RepositoryError> {
        if self.fault == "what_is_stored_is_found" {
            product.product.is_active = true;
        }
        let product = self.products().insert(product).await?;
        let mut first_stock = self.first_stock.lock().unwrap();
        first_stock.insert(product.id, product.stock);
        Ok(product)
    }

    async fn find(&self, id: ProductId) -> Result<Option<Product>, RepositoryError> {
        self.products().find(id).await
    }

    async fn list(&self, mut query: ProductQuery) -> Result<Page<Product>, RepositoryError> {
        match self.fault {
            "every_order_is_total_and_cursors_walk_it" if query.sort == ProductSort::Name => {
                query.sort = ProductSort::CreatedAt;
            }
            "filters_and_searches_find_the_same_everywhere" => query.filter.is_active = None,
            _ => {}
        }
        self.products().list(query).await
    }

    async fn change(&self, mut change: ProductChange) -> Result<Product, RepositoryError> {
        let before = self.products().find(change.id).await?;
        match (self.fault, before, change.stock) {
            ("a_change_is_stored_and_moves_the_version_by_one", Some(product), _) => {
                change.description = product.description;
            }
            ("a_search_finds_what_a_change_made_of_a_row", Some(product), _) => {
                change.name = product.name;
            }
            ("of_racing_changes_that_saw_one_version_one_succeeds", Some(product), _) => {
                change.seen = product.version;
            }
            ("stock_is_set_and_moved", _, Some(StockChange::Set(stock))) => {
                let pieces = i64::try_from(stock.get()).unwrap();
                change.stock = Some(StockChange::Add(StockDelta::try_from(pieces).unwrap()));
            }
            (
                "a_change_of_stock_is_about_the_stock_that_orders_have_left",
                _,
                Some(StockChange::Add(delta)),
            ) => {
                let first = self.first_stock.lock().unwrap()[&change.id].get();
                let after = first.checked_add_signed(delta.get()).unwrap_or(0);
                change.stock = Some(StockChange::Set(Stock::new(after)));
            }
            _ => {}
        }
        let outcome = self.products().change(change).await;
        match (self.fault, outcome) {
            (
                "stock_stays_within_its_bounds",
                Err(RepositoryError::Conflict(Conflict::NegativeStock { .. })),
            ) => Err(RepositoryError::Conflict(Conflict::StockLimit)),
            ("a_write_says_what_it_did_not_find", Err(RepositoryError::Stale)) => {
                Err(RepositoryError::NotFound)
            }
            (_, outcome) => outcome,
        }
    }

    async fn delete(
        &self,
        id: ProductId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        self.products().delete(id, seen, at).await
    }
}
