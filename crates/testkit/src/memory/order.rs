use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::list::Page;
use hexpress_domain::order::{
    Idempotency, Order, OrderId, OrderItem, OrderQuery, OrderRecord, OrderRepository, OrderStatus,
    Placement,
};
use hexpress_domain::product::Stock;
use hexpress_domain::repository::{Decide, RepositoryError};

use super::{KeyRow, MemoryStore, State, list};

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

    fn change_order(
        &mut self,
        id: OrderId,
        decide: &Decide<Order>,
    ) -> Result<Order, RepositoryError> {
        let order = self.orders.get_mut(&id).ok_or(RepositoryError::NotFound)?;
        let Some(after) = decide(order).map_err(RepositoryError::Refused)? else {
            return Ok(order.clone());
        };
        let was_cancelled = order.status == OrderStatus::Cancelled;
        *order = after.clone();
        if after.status == OrderStatus::Cancelled && !was_cancelled {
            for item in &after.items {
                self.move_stock(item, u64::saturating_add);
            }
        }
        Ok(after)
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

    async fn change(&self, id: OrderId, decide: Decide<Order>) -> Result<Order, RepositoryError> {
        self.state().change_order(id, &decide)
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
        let ids: Vec<_> = overdue.map(|order| order.id).collect();
        let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let cancel: Decide<Order> =
            Arc::new(move |order| Ok(Some(order.transition(OrderStatus::Cancelled, at)?)));
        for id in ids {
            state.change_order(id, &cancel)?;
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
