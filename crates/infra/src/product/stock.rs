use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Condition, Locked, Prepared, StoredId};
use hexpress_database::{Connection, Failure, on_backend};

use super::rows::ProductRow;
use crate::schema::products;

/// The products with these ids, locked until the transaction ends, in the order of their ids.
/// Whoever locks several products does so in this order.
pub(crate) async fn lock(
    connection: &mut Connection,
    ids: &[StoredId],
) -> Result<Vec<ProductRow>, Failure> {
    Ok(on_backend!(connection, |c| {
        let products = products::table
            .filter(Condition::one_of("products.id", ids))
            .order(products::id)
            .select(ProductRow::as_select());
        Prepared(Locked::for_no_key_update(products))
            .load(c)
            .await?
    }))
}
