use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::list::Page;
use hexpress_domain::order::{Order, OrderId, OrderQuery, OrderRecord, OrderRepository, Placement};
use hexpress_domain::product::ProductId;
use hexpress_domain::repository::{Decide, RepositoryError};

use super::invalidations::{Invalidations, Subject, may_have_written};

/// Tells whose stock orders move.
pub(super) struct InvalidatingOrderRepository {
    pub(super) orders: Arc<dyn OrderRepository>,
    pub(super) invalidations: Arc<Invalidations>,
}

/// Nobody knows whose stock has moved.
const ANY: [Subject; 2] = [Subject::Products, Subject::ProductPages];

impl InvalidatingOrderRepository {
    /// An order has looked at the stock of these products, and may have moved it.
    fn ordered(&self, products: impl IntoIterator<Item = ProductId>, has_moved: bool) {
        let products = products.into_iter().map(Subject::Product);
        let pages = has_moved.then_some(Subject::ProductPages);
        self.invalidations.written(products.chain(pages));
    }
}

#[async_trait]
impl OrderRepository for InvalidatingOrderRepository {
    async fn place(&self, order: OrderRecord) -> Result<Placement, RepositoryError> {
        let items = order.order.items().iter();
        let products: Vec<_> = items.map(|item| item.product_id).collect();
        let outcome = self.orders.place(order).await;
        let has_moved = match &outcome {
            Ok(placement) => matches!(placement, Placement::Placed(_)),
            Err(_) => may_have_written(&outcome),
        };
        self.ordered(products, has_moved);
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
        match &outcome {
            Ok(order) => self.ordered(order.items.iter().map(|item| item.product_id), true),
            Err(_) if may_have_written(&outcome) => self.invalidations.written(ANY),
            Err(_) => {}
        }
        outcome
    }

    async fn cancel_overdue(
        &self,
        placed_until: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let outcome = self.orders.cancel_overdue(placed_until, at).await;
        if !matches!(outcome, Ok(0)) {
            self.invalidations.written(ANY);
        }
        outcome
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.orders.sweep(now).await
    }
}
