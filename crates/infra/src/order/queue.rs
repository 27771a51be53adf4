use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::id::{OrderId, UserId};
use hexpress_domain::list::Page;
use hexpress_domain::order::{
    IdempotencyKey, Order, OrderQuery, OrderRecord, OrderRepository, OrderTransition, Placement,
};
use hexpress_domain::repository::RepositoryError;
use tokio::sync::{Mutex as Turns, OwnedMutexGuard};

/// A user's key.
type Owned = (UserId, IdempotencyKey);

/// The queues of the keys that are in use, and of no others.
type Queues = Arc<Mutex<HashMap<Owned, Arc<Turns<()>>>>>;

/// An [`OrderRepository`] in which calls with one key come one by one: whoever waits
/// for the first holds no connection meanwhile. Between processes the database does
/// the same; there they do.
pub struct QueueingOrderRepository {
    orders: Arc<dyn OrderRepository>,
    patience: Duration,
    queues: Queues,
}

/// Others with the same key were not done in time.
#[derive(Debug, thiserror::Error)]
#[error("another request with the same idempotency key took longer than {} ms", .0.as_millis())]
struct Waited(Duration);

impl QueueingOrderRepository {
    /// Queues before this repository. A call waits for others with its key no longer
    /// than `patience`; then it is [`RepositoryError::Unavailable`].
    #[must_use]
    pub fn new(orders: Arc<dyn OrderRepository>, patience: Duration) -> Self {
        Self {
            orders,
            patience,
            queues: Queues::default(),
        }
    }

    async fn turn(&self, owned: Owned) -> Result<Turn, RepositoryError> {
        let turns = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(queues.entry(owned.clone()).or_default())
        };
        // Made before it waits: it leaves the queue also when the caller gives up.
        let mut turn = Turn {
            owned,
            queues: Arc::clone(&self.queues),
            held: None,
        };
        let held = tokio::time::timeout(self.patience, turns.lock_owned()).await;
        let waited = |_| RepositoryError::Unavailable(Waited(self.patience).into());
        turn.held = Some(held.map_err(waited)?);
        Ok(turn)
    }
}

/// A place in the queue of a key; the last to leave takes the queue away.
struct Turn {
    owned: Owned,
    queues: Queues,
    held: Option<OwnedMutexGuard<()>>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        self.held = None;
        // Others get at the queue under the lock alone.
        let is_last = |turns: &Arc<Turns<()>>| Arc::strong_count(turns) == 1;
        if queues.get(&self.owned).is_some_and(is_last) {
            queues.remove(&self.owned);
        }
    }
}

#[async_trait]
impl OrderRepository for QueueingOrderRepository {
    async fn place(&self, order: OrderRecord) -> Result<Placement, RepositoryError> {
        let _turn = match &order.idempotency {
            Some(idempotency) => Some(self.turn((order.user_id, idempotency.key.clone())).await?),
            None => None,
        };
        self.orders.place(order).await
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, RepositoryError> {
        self.orders.find(id).await
    }

    async fn list(&self, query: OrderQuery) -> Result<Page<Order>, RepositoryError> {
        self.orders.list(query).await
    }

    async fn change(&self, transition: OrderTransition) -> Result<Order, RepositoryError> {
        self.orders.change(transition).await
    }

    async fn cancel_overdue(
        &self,
        placed_until: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        self.orders.cancel_overdue(placed_until, at).await
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.orders.sweep(now).await
    }
}
