use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::list::Page;
use hexpress_domain::order::{
    Idempotency, Order, OrderId, OrderItem, OrderQuery, OrderRecord, OrderRepository, OrderStatus,
    OrderTransition, Placement,
};
use hexpress_domain::product::Stock;
use hexpress_domain::repository::RepositoryError;

use super::list::{self, next};
use super::{KeyRow, MemoryStore, State};

impl State {
    fn place(&mut self, record: OrderRecord) -> Result<Placement, RepositoryError> {
        if !self.users.contains_key(&record.user_id) {
            return Err(RepositoryError::MissingReference);
        }
        if let Some(idempotency) = &record.idempotency
            && let Some(known) = self.known_by(&record, idempotency)
        {
            return Ok(known);
        }
        let order = match record.fill(self.products.values().cloned().collect()) {
            Ok(order) => order,
            Err(refusal) => return Ok(Placement::Refused(refusal)),
        };
        for item in &order.items {
            self.move_stock(item, |stock, quantity| stock.saturating_sub(quantity));
        }
        self.orders.insert(order.id, order.clone());
        if let Some(idempotency) = record.idempotency {
            let row = KeyRow {
                command: record.order,
                order_id: order.id,
                expires_at: idempotency.expires_at,
            };
            self.keys.insert((record.user_id, idempotency.key), row);
        }
        Ok(Placement::Placed(order))
    }

    /// What the key that the order came with was used for before.
    fn known_by(&self, record: &OrderRecord, idempotency: &Idempotency) -> Option<Placement> {
        let used = self.keys.get(&(record.user_id, idempotency.key.clone()))?;
        if used.expires_at <= record.at {
            return None;
        }
        let order = self.orders.get(&used.order_id)?;
        Some(match used.command == record.order {
            true => Placement::Replayed(order.clone().as_placed()),
            false => Placement::KeyReused,
        })
    }

    fn move_stock(&mut self, item: &OrderItem, after: impl Fn(u64, u64) -> u64) {
        if let Some(product) = self.products.get_mut(&item.product_id) {
            let quantity = item.quantity.get().into();
            product.stock = Stock::new(after(product.stock.get(), quantity));
        }
    }

    fn step(&mut self, transition: OrderTransition) -> Result<Order, RepositoryError> {
        let order = self.orders.get_mut(&transition.id);
        let order = order.ok_or(RepositoryError::NotFound)?;
        if order.version != transition.seen {
            return Err(RepositoryError::Stale);
        }
        order.status = transition.to;
        order.version = next(order.version);
        order.updated_at = transition.at;
        let order = order.clone();
        if order.status == OrderStatus::Cancelled {
            for item in &order.items {
                self.move_stock(item, u64::saturating_add);
            }
        }
        Ok(order)
    }
}

#[async_trait]
impl OrderRepository for MemoryStore {
    async fn place(&self, order: OrderRecord) -> Result<Placement, RepositoryError> {
        self.state().place(order)
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, RepositoryError> {
        Ok(self.state().orders.get(&id).cloned())
    }

    async fn list(&self, query: OrderQuery) -> Result<Page<Order>, RepositoryError> {
        let is_listed = |order: &&Order| {
            query
                .filter
                .status
                .is_none_or(|status| order.status == status)
                && query.filter.user_id.is_none_or(|id| order.user_id == id)
        };
        let state = self.state();
        Ok(list::page(
            state.orders.values().filter(is_listed).cloned().collect(),
            |order| query.sort.cursor(order),
            query.direction,
            &query.page,
            false,
        ))
    }

    async fn change(&self, transition: OrderTransition) -> Result<Order, RepositoryError> {
        self.state().step(transition)
    }

    async fn cancel_overdue(
        &self,
        placed_until: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let mut state = self.state();
        let orders = state.orders.values();
        let overdue = orders.filter(|order| {
            order.status == OrderStatus::Pending && order.created_at <= placed_until
        });
        let cancellation = |order: &Order| OrderTransition {
            id: order.id,
            seen: order.version,
            to: OrderStatus::Cancelled,
            at,
        };
        let cancellations: Vec<_> = overdue.map(cancellation).collect();
        let count = u64::try_from(cancellations.len()).unwrap_or(u64::MAX);
        for cancellation in cancellations {
            state.step(cancellation)?;
        }
        Ok(count)
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        let mut state = self.state();
        let known = state.keys.len();
        state.keys.retain(|_, row| row.expires_at > now);
        Ok(u64::try_from(known - state.keys.len()).unwrap_or(u64::MAX))
    }
}
