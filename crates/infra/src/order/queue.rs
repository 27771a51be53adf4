use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::list::Page;
use hexpress_domain::order::{
    IdempotencyKey, Order, OrderId, OrderQuery, OrderRecord, OrderRepository, Placement,
};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::UserId;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// An [`OrderRepository`] in which calls with one key are made one by one. A waiting call
/// holds no connection. Calls from several processes wait in the database, each with a
/// connection.
pub struct QueueingOrderRepository {
    orders: Arc<dyn OrderRepository>,
    queues: Queues,
    patience: Duration,
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
            queues: Queues::default(),
            patience,
        }
    }
}

#[async_trait]
impl OrderRepository for QueueingOrderRepository {
    async fn place(&self, order: OrderRecord) -> Result<Placement, RepositoryError> {
        let Some(idempotency) = &order.idempotency else {
            return self.orders.place(order).await;
        };
        let turn = self.queues.turn((order.user_id, idempotency.key.clone()));
        let _turn = tokio::time::timeout(self.patience, turn)
            .await
            .map_err(|_| RepositoryError::Unavailable(Waited(self.patience).into()))?;
        self.orders.place(order).await
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, RepositoryError> {
        self.orders.find(id).await
    }

    async fn list(&self, query: OrderQuery) -> Result<Page<Order>, RepositoryError> {
        self.orders.list(query).await
    }

    async fn change(&self, id: OrderId, decide: Decide<Order>) -> Result<Order, RepositoryError> {
        self.orders.change(id, decide).await
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

/// A user's key.
type Owned = (UserId, IdempotencyKey);

/// The queues of the keys that are in use, and of no others. Clones are the same.
#[derive(Clone, Default)]
struct Queues(Arc<Mutex<HashMap<Owned, Arc<AsyncMutex<()>>>>>);

/// A place in the queue of a key; the last to leave takes the queue away.
struct Turn {
    queues: Queues,
    owned: Owned,
    held: Option<OwnedMutexGuard<()>>,
}

impl Queues {
    async fn turn(&self, owned: Owned) -> Turn {
        let queue = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(queues.entry(owned.clone()).or_default())
        };
        // Made before it waits: it leaves the queue also when the caller gives up.
        let mut turn = Turn {
            queues: self.clone(),
            owned,
            held: None,
        };
        turn.held = Some(queue.lock_owned().await);
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queues = self.queues.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.held = None;
        // Others get at the queue under the lock alone.
        let is_last = |queue: &Arc<AsyncMutex<()>>| Arc::strong_count(queue) == 1;
        if queues.get(&self.owned).is_some_and(is_last) {
            queues.remove(&self.owned);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::time::timeout;
    use uuid::Uuid;

    use super::*;

    fn owned(key: &str) -> Owned {
        (UserId::new(Uuid::nil()), key.parse().unwrap())
    }

    fn in_use(queues: &Queues) -> usize {
        queues.0.lock().unwrap().len()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn turns_of_one_key_come_one_by_one_and_leave_nothing() {
        let queues = Queues::default();
        let busy = Arc::new(AtomicBool::new(false));
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let (queues, busy) = (queues.clone(), Arc::clone(&busy));
                tokio::spawn(async move {
                    let _turn = queues.turn(owned("key")).await;
                    assert!(!busy.swap(true, Ordering::SeqCst));
                    tokio::task::yield_now().await;
                    assert!(busy.swap(false, Ordering::SeqCst));
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(in_use(&queues), 0);
    }

    #[tokio::test]
    async fn keys_do_not_wait_for_each_other_and_who_gives_up_leaves() {
        let queues = Queues::default();
        let first = queues.turn(owned("first")).await;
        let other = queues.turn(owned("other")).await;
        let again = timeout(Duration::ZERO, queues.turn(owned("first"))).await;
        assert!(again.is_err());
        assert_eq!(in_use(&queues), 2);
        drop(other);
        assert_eq!(in_use(&queues), 1);
        drop(first);
        assert_eq!(in_use(&queues), 0);
    }
}
