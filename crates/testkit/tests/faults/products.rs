use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hexpress_domain::list::Page;
use hexpress_domain::product::{
    Product, ProductId, ProductQuery, ProductRecord, ProductRepository, ProductSort, Stock,
};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::product::PROMISES;

use crate::orders::shop;
use crate::{assert_found, misled, spoiled};

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

    async fn change(
        &self,
        id: ProductId,
        decide: Decide<Product>,
    ) -> Result<Product, RepositoryError> {
        let before = self.products().find(id).await?;
        let decide = match (self.fault, before) {
            ("a_change_is_stored_and_moves_the_version_by_one", _) => {
                spoiled(decide, |before, after| {
                    Some(Product {
                        description: before.description.clone(),
                        ..after?
                    })
                })
            }
            ("a_search_finds_what_a_change_made_of_a_row", _) => {
                spoiled(decide, |before, after| {
                    Some(Product {
                        name: before.name.clone(),
                        ..after?
                    })
                })
            }
            ("stock_is_what_the_decision_says", _) => spoiled(decide, |_, after| {
                let after = after?;
                let stock = Stock::new(after.stock.get().min(Stock::MAX_SET));
                Some(Product { stock, ..after })
            }),
            ("a_decision_sees_the_stock_that_orders_have_left", Some(product)) => {
                let stock = self.first_stock.lock().unwrap()[&product.id];
                misled(decide, move |product| Product {
                    stock,
                    ..product.clone()
                })
            }
            ("a_decision_that_refuses_or_says_nothing_changes_nothing", _) => {
                spoiled(decide, |before, after| {
                    after.or_else(|| Some(before.deleted(before.updated_at)))
                })
            }
            ("a_deleted_product_is_seen_by_decisions_alone", None) => {
                return Err(RepositoryError::NotFound);
            }
            ("of_racing_decisions_none_is_lost", Some(product)) => {
                // Reads without a lock.
                tokio::task::yield_now().await;
                misled(decide, move |_| product.clone())
            }
            _ => decide,
        };
        self.products().change(id, decide).await
    }
}
