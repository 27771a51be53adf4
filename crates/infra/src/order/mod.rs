//! Orders in the database, what they do to stock, and the keys that they came with.

mod keys;
mod list;
mod place;
mod queue;
mod read;
mod rows;
#[cfg(test)]
mod slow_plans;
mod stock;
mod take;
mod write;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_database::Database;
use hexpress_domain::list::Page;
use hexpress_domain::order::{Order, OrderId, OrderQuery, OrderRecord, OrderRepository, Placement};
use hexpress_domain::repository::{Decide, RepositoryError};

pub use queue::QueueingOrderRepository;

/// [`OrderRepository`] in the database.
#[derive(Clone)]
pub struct DieselOrderRepository {
    database: Database,
}

impl DieselOrderRepository {
    /// Orders of this database, whose migrations have been run.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl OrderRepository for DieselOrderRepository {
    async fn place(&self, order: OrderRecord) -> Result<Placement, RepositoryError> {
        self.database
            .write_if(
                |placement| matches!(placement, Placement::Placed(_)),
                order,
                |connection, record| Box::pin(place::place(connection, record)),
            )
            .await
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, RepositoryError> {
        self.database
            .look_up(id, |connection, &id| Box::pin(read::find(connection, id)))
            .await
    }

    async fn list(&self, query: OrderQuery) -> Result<Page<Order>, RepositoryError> {
        self.database
            .read(query, |connection, query| {
                Box::pin(list::page(connection, query))
            })
            .await
    }

    async fn change(&self, id: OrderId, decide: Decide<Order>) -> Result<Order, RepositoryError> {
        self.database
            .change((id, decide), |connection, (id, decide)| {
                Box::pin(write::change(connection, *id, decide))
            })
            .await
    }

    async fn cancel_overdue(
        &self,
        placed_until: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let mut cancelled = 0;
        loop {
            let batch = self
                .database
                .write((placed_until, at), |connection, &(placed_until, at)| {
                    Box::pin(write::cancel_batch(connection, placed_until, at))
                })
                .await?;
            cancelled += batch;
            if batch < u64::from(write::OVERDUE_BATCH) {
                return Ok(cancelled);
            }
        }
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.database
            .sweep(now, |connection, now| {
                Box::pin(keys::sweep_batch(connection, *now))
            })
            .await
    }
}
