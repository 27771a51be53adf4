use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::id::{OrderId, ProductId};
use hexpress_domain::list::Page;
use hexpress_domain::order::{
    Order, OrderQuery, OrderRecord, OrderRepository, OrderTransition, Placement,
};
use hexpress_domain::repository::RepositoryError;

use super::invalidations::{Invalidations, Subject};

/// Tells whose stock orders move.
pub(super) struct InvalidatingOrderRepository {
    pub(super) orders: Arc<dyn OrderRepository>,
    pub(super) invalidations: Arc<Invalidations>,
}

impl InvalidatingOrderRepository {
    fn moved(&self, products: impl IntoIterator<Item = ProductId>) {
        let products = products.into_iter().map(Subject::Product);
        let subjects = products.chain([Subject::ProductPages]);
        self.invalidations.written(subjects);
    }

    fn moved_any(&self) {
        let subjects = [Subject::Products, Subject::ProductPages];
        self.invalidations.written(subjects);
    }
}

#[async_trait]
impl OrderRepository for InvalidatingOrderRepository {
    async fn place(&self, order: OrderRecord) -> Result<Placement, RepositoryError> {
        let items = order.order.items().iter();
        let products: Vec<_> = items.map(|item| item.product_id).collect();
        let outcome = self.orders.place(order).await;
        self.moved(products);
        outcome
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, RepositoryError> {
        self.orders.find(id).await
    }

    async fn list(&self, query: OrderQuery) -> Result<Page<Order>, RepositoryError> {
        self.orders.list(query).await
    }

    async fn change(&self, transition: OrderTransition) -> Result<Order, RepositoryError> {
        let outcome = self.orders.change(transition).await;
        match &outcome {
            Ok(order) => self.moved(order.items.iter().map(|item| item.product_id)),
            Err(_) => self.moved_any(),
        }
        outcome
    }

    async fn cancel_overdue(
        &self,
        placed_until: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let outcome = self.orders.cancel_overdue(placed_until, at).await;
        self.moved_any();
        outcome
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.orders.sweep(now).await
    }
}
