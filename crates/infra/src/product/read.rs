use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::StoredId;
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::product::{Product, ProductId};

use super::rows::ProductRow;
use crate::schema::products;

/// The live product of this id.
pub(super) async fn find(
    connection: &mut Connection,
    id: ProductId,
) -> Result<Option<Product>, Failure> {
    let row: Option<ProductRow> = on_backend!(connection, |c| {
        products::table
            .find(StoredId::from(id))
            .filter(products::deleted_at.is_null())
            .select(ProductRow::as_select())
            .get_result(c)
            .await
            .optional()?
    });
    Ok(row.map(Product::try_from).transpose()?)
}
