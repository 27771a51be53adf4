use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_domain::product::{Product, ProductId};

use super::rows::ProductRow;
use crate::database::schema::products;
use crate::database::types::StoredId;
use crate::database::{Connection, Failure, on_both};

/// The live product of this id.
pub(super) async fn find(
    connection: &mut Connection,
    id: ProductId,
) -> Result<Option<Product>, Failure> {
    let row: Option<ProductRow> = on_both!(connection, |c| {
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
