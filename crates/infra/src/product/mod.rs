//! Products in the database, and the ledger of their stock.

mod ledger;
mod list;
mod rows;
#[cfg(test)]
mod slow_plans;
mod stock;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{StoredId, StoredInstant};
use hexpress_database::{Connection, Database, Failure, on_backend};
use hexpress_domain::entity::Version;
use hexpress_domain::list::Page;
use hexpress_domain::product::{
    Product, ProductChange, ProductId, ProductQuery, ProductRecord, ProductRepository, Stock,
    StockChange,
};
use hexpress_domain::repository::{Conflict, RepositoryError};

use crate::schema::products;

pub(crate) use ledger::Cause;
pub(crate) use rows::{ProductRow, pieces, search_text};
pub(crate) use stock::lock as lock_products;

/// [`ProductRepository`] in the database.
#[derive(Clone)]
pub struct DieselProductRepository {
    database: Database,
}

impl DieselProductRepository {
    /// Products of this database, whose migrations have been run.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl ProductRepository for DieselProductRepository {
    async fn insert(&self, product: ProductRecord) -> Result<Product, RepositoryError> {
        self.database
            .write(product, |connection, record| {
                Box::pin(async move {
                    let row = rows::NewProductRow::of(record);
                    let row: ProductRow = on_backend!(&mut *connection, |c| {
                        diesel::insert_into(products::table)
                            .values(row)
                            .returning(ProductRow::as_returning())
                            .get_result(c)
                            .await?
                    });
                    ledger::record(connection, record.id, row.stock, Cause::Created, record.at)
                        .await?;
                    Ok(row.try_into()?)
                })
            })
            .await
    }

    async fn find(&self, id: ProductId) -> Result<Option<Product>, RepositoryError> {
        self.database
            .look_up(id, |connection, &id| {
                Box::pin(async move {
                    let row = find(connection, id).await?.filter(ProductRow::is_live);
                    Ok(row.map(Product::try_from).transpose()?)
                })
            })
            .await
    }

    async fn list(&self, query: ProductQuery) -> Result<Page<Product>, RepositoryError> {
        self.database
            .read(query, |connection, query| {
                Box::pin(list::page(connection, query))
            })
            .await
    }

    async fn change(&self, change: ProductChange) -> Result<Product, RepositoryError> {
        self.database
            .write(change, |connection, change| {
                Box::pin(async move {
                    let delta = match change.stock {
                        None => 0,
                        Some(stock) => delta(connection, change, stock).await?,
                    };
                    let product = update(connection, change, delta).await?;
                    ledger::record(connection, change.id, delta, Cause::Adjusted, change.at)
                        .await?;
                    Ok(product)
                })
            })
            .await
    }

    async fn delete(
        &self,
        id: ProductId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        self.database
            .write((id, seen, at), |connection, &(id, seen, at)| {
                Box::pin(mark_deleted(connection, id, seen, at))
            })
            .await
    }
}

async fn find(connection: &mut Connection, id: ProductId) -> Result<Option<ProductRow>, Failure> {
    Ok(on_backend!(connection, |c| {
        products::table
            .find(StoredId::from(id))
            .select(ProductRow::as_select())
            .get_result(c)
            .await
            .optional()?
    }))
}

/// Holds the product, and says by how much its stock is to move from where it then
/// stands: orders may have moved it since the change was decided.
async fn delta(
    connection: &mut Connection,
    change: &ProductChange,
    stock: StockChange,
) -> Result<i64, Failure> {
    let ids = [change.id.into()];
    let held = stock::lock(connection, &ids).await?;
    let row = held.into_iter().next().filter(ProductRow::is_live);
    let row = row.ok_or(RepositoryError::NotFound)?;
    if row.version != change.seen.get() {
        return Err(RepositoryError::Stale.into());
    }
    let after = match stock {
        StockChange::Set(stock) => rows::pieces(stock),
        StockChange::Add(delta) => row.stock.saturating_add(delta.get()),
    };
    let delta = after - row.stock;
    if after < 0 {
        let available = Product::try_from(row)?.stock;
        return Err(RepositoryError::Conflict(Conflict::NegativeStock { available }).into());
    }
    if delta > 0 && u64::try_from(after).is_ok_and(|after| after > Stock::MAX_SET) {
        return Err(RepositoryError::Conflict(Conflict::StockLimit).into());
    }
    Ok(delta)
}

async fn update(
    connection: &mut Connection,
    change: &ProductChange,
    delta: i64,
) -> Result<Product, Failure> {
    let row: Option<ProductRow> = on_backend!(&mut *connection, |c| {
        diesel::update(products::table.find(StoredId::from(change.id)))
            .filter(products::version.eq(change.seen.get()))
            .filter(products::deleted_at.is_null())
            .set((
                rows::ProductChangeset::of(change),
                products::stock.eq(products::stock + delta),
                products::version.eq(products::version + 1),
            ))
            .returning(ProductRow::as_returning())
            .get_result(c)
            .await
            .optional()?
    });
    match row {
        Some(row) => Ok(row.try_into()?),
        None => Err(why_not_live(connection, change.id).await?.into()),
    }
}

async fn mark_deleted(
    connection: &mut Connection,
    id: ProductId,
    seen: Version,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let count = on_backend!(&mut *connection, |c| {
        diesel::update(products::table.find(StoredId::from(id)))
            .filter(products::version.eq(seen.get()))
            .filter(products::deleted_at.is_null())
            .set((
                products::deleted_at.eq(Some(StoredInstant(at))),
                products::updated_at.eq(StoredInstant(at)),
                products::version.eq(products::version + 1),
            ))
            .execute(c)
            .await?
    });
    match count {
        0 => Err(why_not_live(connection, id).await?.into()),
        _ => Ok(()),
    }
}

/// Why no live product of this id was at the version that the caller saw.
async fn why_not_live(
    connection: &mut Connection,
    id: ProductId,
) -> Result<RepositoryError, Failure> {
    Ok(match find(connection, id).await? {
        Some(row) if row.is_live() => RepositoryError::Stale,
        _ => RepositoryError::NotFound,
    })
}
