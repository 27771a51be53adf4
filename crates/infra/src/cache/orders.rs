use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::list::Page;
use hexpress_domain::order::{Order, OrderId, OrderQuery, OrderRecord, OrderRepository, Placement};
use hexpress_domain::product::ProductId;
use hexpress_domain::repository::{Decide, RepositoryError};

use super::invalidations::{Invalidations, Subject};

/// Tells whose stock orders move.
pub(super) struct InvalidatingOrderRepository {
    pub(super) orders: Arc<dyn OrderRepository>,
    pub(super) invalidations: Arc<Invalidations>,
}

/// The stock of these products has moved.
fn of(products: impl IntoIterator<Item = ProductId>) -> Vec<Subject> {
    let products = products.into_iter().map(Subject::Product);
    products.chain([Subject::ProductPages]).collect()
}

/// Nobody knows whose stock has moved.
fn of_any() -> Vec<Subject> {
    vec![Subject::Products, Subject::ProductPages]
}

#[async_trait]
impl OrderRepository for InvalidatingOrderRepository {
    async fn place(&self, order: OrderRecord) -> Result<Placement, RepositoryError> {
        let items = order.order.items().iter();
        let products: Vec<_> = items.map(|item| item.product_id).collect();
        let outcome = self.orders.place(order).await;
        self.invalidations.written(of(products));
        outcome
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, RepositoryError> {
        self.orders.find(id).await
    }

    async fn list(&self, query: OrderQuery) -> Result<Page<Order>, RepositoryError> {
        self.orders.list(query).await
    }

    async fn change(&self, id: OrderId, decide: Decide<Order>) -> Result<Order, RepositoryError> {
        let outcome = self.orders.change(id, decide).await;
        self.invalidations.written(match &outcome {
            Ok(order) => of(order.items.iter().map(|item| item.product_id)),
            Err(_) => of_any(),
        });
        outcome
    }

    async fn cancel_overdue(
        &self,
        placed_until: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let outcome = self.orders.cancel_overdue(placed_until, at).await;
        self.invalidations.written(of_any());
        outcome
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.orders.sweep(now).await
    }
}
