use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Locked, Prepared, StoredId};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::product::{Product, ProductId, ProductRecord};
use hexpress_domain::repository::{Decide, RepositoryError};

use super::ledger::{self, Cause};
use super::rows::{NewProductRow, ProductChangeset, ProductRow, pieces};
use crate::schema::products;

pub(super) async fn insert(
    connection: &mut Connection,
    record: &ProductRecord,
) -> Result<Product, Failure> {
    let row = NewProductRow::of(record);
    let row: ProductRow = on_backend!(&mut *connection, |c| {
        diesel::insert_into(products::table)
            .values(row)
            .returning(ProductRow::as_returning())
            .get_result(c)
            .await?
    });
    ledger::record(connection, record.id, row.stock, Cause::Created, record.at).await?;
    Ok(row.try_into()?)
}

pub(super) async fn change(
    connection: &mut Connection,
    id: ProductId,
    decide: &Decide<Product>,
) -> Result<Product, Failure> {
    let before = lock(connection, id).await?;
    let Some(after) = decide(&before).map_err(RepositoryError::Refused)? else {
        return Ok(before);
    };
    on_backend!(&mut *connection, |c| {
        let update = diesel::update(products::table.find(StoredId::from(id)))
            .set(ProductChangeset::of(&before, &after));
        Prepared(update).execute(c).await?
    });
    let delta = pieces(after.stock) - pieces(before.stock);
    ledger::record(connection, id, delta, Cause::Adjusted, after.updated_at).await?;
    Ok(after)
}

/// The product, held until the transaction ends.
async fn lock(connection: &mut Connection, id: ProductId) -> Result<Product, Failure> {
    let row: Option<ProductRow> = on_backend!(connection, |c| {
        let product = products::table
            .find(StoredId::from(id))
            .select(ProductRow::as_select());
        Prepared(Locked(product, "products"))
            .get_result(c)
            .await
            .optional()?
    });
    Ok(row.ok_or(RepositoryError::NotFound)?.try_into()?)
}
