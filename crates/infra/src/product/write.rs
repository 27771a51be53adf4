use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Locked, Prepared, StoredId};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::product::{Product, ProductId, ProductRecord};
use hexpress_domain::repository::{Decide, RepositoryError};

use super::ledger::{self, Cause};
use super::rows::{ProductRow, pieces, search_change, search_text};
use crate::schema::products;

pub(super) async fn insert(
    connection: &mut Connection,
    record: &ProductRecord,
) -> Result<Product, Failure> {
    let product = Product::from(record.clone());
    let row = ProductRow::from(&product);
    let searched = products::search_text.eq(search_text(&product.name, &product.description));
    on_backend!(&mut *connection, |c| {
        diesel::insert_into(products::table)
            .values((row, searched))
            .execute(c)
            .await?
    });
    let pieces = pieces(product.stock);
    ledger::record(connection, product.id, pieces, Cause::Created, record.at).await?;
    Ok(product)
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
    let row = ProductRow::from(&after);
    let searched = search_change(&before, &after).map(|text| products::search_text.eq(text));
    on_backend!(&mut *connection, |c| {
        let product = products::table.find(StoredId::from(id));
        let update = diesel::update(product).set((row, searched));
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
        Prepared(Locked::for_no_key_update(product))
            .get_result(c)
            .await
            .optional()?
    });
    Ok(row.ok_or(RepositoryError::NotFound)?.try_into()?)
}
