//! Orders in the database, what they do to stock, and the keys that they came with.

mod keys;
mod list;
mod queue;
mod rows;
#[cfg(test)]
mod slow_plans;
mod stock;
mod take;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Condition, Locked, Prepared, StoredId, StoredInstant};
use hexpress_database::{Connection, Corrupt, Database, Failure, on_backend, pipelined};
use hexpress_domain::list::Page;
use hexpress_domain::order::{
    Order, OrderId, OrderQuery, OrderRecord, OrderRepository, OrderStatus, OrderTransition,
    Placement,
};
use hexpress_domain::product::Product;
use hexpress_domain::repository::RepositoryError;

use crate::product::{Cause, ProductRow};
use crate::schema::{orders, products};

pub use queue::QueueingOrderRepository;
use rows::{NewItems, OrderRow};

/// How many overdue orders are cancelled in one transaction, which holds all their
/// products.
const OVERDUE_BATCH: u8 = 20;

/// A product changed between the moments in which an order read it and took from it.
#[derive(Debug, thiserror::Error)]
#[error("a product of the order has changed meanwhile")]
struct ProductChanged;

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
                |connection, record| Box::pin(place(connection, record)),
            )
            .await
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, RepositoryError> {
        self.database
            .look_up(id, |connection, &id| {
                Box::pin(async move {
                    let row = find(connection, id).await?;
                    let mut orders = list::with_items(connection, Vec::from_iter(row)).await?;
                    Ok(orders.pop())
                })
            })
            .await
    }

    async fn list(&self, query: OrderQuery) -> Result<Page<Order>, RepositoryError> {
        self.database
            .read(query, |connection, query| {
                Box::pin(list::page(connection, query))
            })
            .await
    }

    async fn change(&self, transition: OrderTransition) -> Result<Order, RepositoryError> {
        self.database
            .write(transition, |connection, transition| {
                Box::pin(change(connection, transition))
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
                    Box::pin(cancel_batch(connection, placed_until, at))
                })
                .await?;
            cancelled += batch;
            if batch < u64::from(OVERDUE_BATCH) {
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

/// Whoever waits here waits for whoever is further on, never the other way round: a key
/// comes before products, and products come in the order of their ids.
async fn place(connection: &mut Connection, record: &OrderRecord) -> Result<Placement, Failure> {
    if let Some(idempotency) = &record.idempotency
        && let Some(known) = keys::claim(connection, record, idempotency).await?
    {
        return Ok(known);
    }
    let items = record.order.items().iter();
    let ids: Vec<StoredId> = items.map(|item| item.product_id.into()).collect();
    let seen = read(connection, &ids).await?;
    let order = match record.fill(valid(seen)?) {
        Ok(order) => order,
        Err(refusal) => return Ok(Placement::Refused(refusal)),
    };
    let Taken {
        mut products,
        lacking,
    } = store(connection, &order).await?;
    if !lacking.is_empty() {
        products.extend(read(connection, &lacking).await?);
    }
    match record.fill(valid(products)?) {
        Ok(true_order) if lacking.is_empty() && true_order == order => Ok(Placement::Placed(order)),
        Ok(_) => Err(Failure::Contention(ProductChanged.into())),
        Err(refusal) => Ok(Placement::Refused(refusal)),
    }
}

/// The products of these ids, as they are at the moment.
async fn read(connection: &mut Connection, ids: &[StoredId]) -> Result<Vec<ProductRow>, Failure> {
    Ok(on_backend!(connection, |c| {
        let products = products::table
            .filter(Condition::one_of("products.id", ids))
            .select(ProductRow::as_select());
        Prepared(products).load(c).await?
    }))
}

fn valid(products: Vec<ProductRow>) -> Result<Vec<Product>, Corrupt> {
    products.into_iter().map(Product::try_from).collect()
}

/// What became of the pieces of an order.
struct Taken {
    /// The products that had enough, as they were before.
    products: Vec<ProductRow>,
    /// Those that had not, or are gone.
    lacking: Vec<StoredId>,
}

/// Stores an order, takes its pieces where they are there, and writes that down, all in
/// one trip: from the first piece on others wait for this one's end.
async fn store(connection: &mut Connection, order: &Order) -> Result<Taken, Failure> {
    let id = StoredId::from(order.id);
    let mut pieces: Vec<(StoredId, i64)> = order
        .items
        .iter()
        .map(|item| (item.product_id.into(), item.quantity.get().into()))
        .collect();
    // Whoever takes from several products takes in this order.
    pieces.sort_unstable_by_key(|(product, _)| product.0);
    let (stored, rows, listed, recorded) = pipelined!(
        connection,
        |c, take in crate::order::take| {
            let insert = diesel::insert_into(orders::table).values(OrderRow::of(order));
            Prepared(insert).execute(c)
        },
        // Before the lines, each of which would share in its product: PostgreSQL writes
        // down who all do when one of them takes it.
        take::pieces(c, &pieces),
        Prepared(NewItems::of(order)).execute(c),
        stock::record(&[id], Cause::Ordered, order.created_at).execute(c),
    );
    stored?;
    let mut taken = Taken {
        products: Vec::new(),
        lacking: Vec::new(),
    };
    for ((product, pieces), row) in pieces.into_iter().zip(rows?) {
        match row {
            Some(row) => taken.products.push(row.before(pieces)),
            None => taken.lacking.push(product),
        }
    }
    // The line of a product that has been purged has nothing to refer to.
    if listed.is_err() && !taken.lacking.is_empty() {
        return Err(Failure::Contention(ProductChanged.into()));
    }
    listed?;
    recorded?;
    Ok(taken)
}

async fn find(connection: &mut Connection, id: OrderId) -> Result<Option<OrderRow>, Failure> {
    Ok(on_backend!(connection, |c| {
        orders::table
            .find(StoredId::from(id))
            .select(OrderRow::as_select())
            .get_result(c)
            .await
            .optional()?
    }))
}

async fn change(
    connection: &mut Connection,
    transition: &OrderTransition,
) -> Result<Order, Failure> {
    let id = StoredId::from(transition.id);
    let row: Option<OrderRow> = on_backend!(&mut *connection, |c| {
        let update = diesel::update(orders::table.find(id))
            .filter(orders::version.eq(transition.seen.get()))
            .set((
                orders::status.eq(transition.to.as_str()),
                orders::updated_at.eq(StoredInstant(transition.at)),
                orders::version.eq(orders::version + 1),
            ))
            .returning(OrderRow::as_returning());
        Prepared(update).get_result(c).await.optional()?
    });
    let Some(row) = row else {
        return Err(match find(connection, transition.id).await? {
            Some(_) => RepositoryError::Stale,
            None => RepositoryError::NotFound,
        }
        .into());
    };
    if transition.to == OrderStatus::Cancelled {
        stock::give_back(connection, &[id], transition.at).await?;
    }
    let order = list::with_items(connection, vec![row]).await?.pop();
    Ok(order.ok_or(RepositoryError::NotFound)?)
}

async fn cancel_batch(
    connection: &mut Connection,
    placed_until: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<u64, Failure> {
    let ids: Vec<StoredId> = on_backend!(&mut *connection, |c| {
        let overdue = orders::table
            .filter(orders::status.eq(OrderStatus::Pending.as_str()))
            .filter(orders::created_at.le(StoredInstant(placed_until)))
            .order((orders::created_at, orders::id))
            .limit(OVERDUE_BATCH.into())
            .select(orders::id);
        // Whoever has locked one of them is changing its status.
        let overdue = Locked::for_no_key_update(overdue).skip_locked();
        overdue.load(c).await?
    });
    if ids.is_empty() {
        return Ok(0);
    }
    let count = on_backend!(&mut *connection, |c| {
        diesel::update(orders::table.filter(orders::id.eq_any(&ids)))
            .set((
                orders::status.eq(OrderStatus::Cancelled.as_str()),
                orders::updated_at.eq(StoredInstant(at)),
                orders::version.eq(orders::version + 1),
            ))
            .execute(c)
            .await?
    });
    stock::give_back(connection, &ids, at).await?;
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}
