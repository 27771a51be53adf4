//! Takes pieces of several products: the same statement for each, sent all at once to
//! PostgreSQL and one after the other to SQLite.

/// Takes so many pieces of a product, if it has them, and returns it as it is then.
macro_rules! take {
    ($product:expr, $pieces:expr) => {{
        let take = diesel::update(products::table.find($product))
            .filter(products::stock.ge($pieces))
            .set(products::stock.eq(products::stock - $pieces))
            .returning(ProductRow::as_returning());
        Prepared(take)
    }};
}

pub(super) mod postgres {
    use diesel::prelude::*;
    use diesel_async::{AsyncPgConnection, RunQueryDsl};
    use futures_util::future::join_all;
    use hexpress_database::sql::{Prepared, StoredId};

    use crate::product::ProductRow;
    use crate::schema::products;

    /// The products that had enough, which are locked until the transaction ends, and `None`
    /// for the others. They must come sorted by id, in the order in which all lock products.
    pub(crate) async fn pieces(
        c: &mut &AsyncPgConnection,
        pieces: &[(StoredId, i64)],
    ) -> QueryResult<Vec<Option<ProductRow>>> {
        let shared = *c;
        let taking = pieces.iter().map(|&(product, pieces)| async move {
            let take = take!(product, pieces);
            take.get_result(&mut &*shared).await.optional()
        });
        join_all(taking).await.into_iter().collect()
    }
}

pub(super) mod sqlite {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    use hexpress_database::AsyncSqliteConnection;
    use hexpress_database::sql::{Prepared, StoredId};

    use crate::product::ProductRow;
    use crate::schema::products;

    /// The products that had enough, and `None` for the others.
    pub(crate) async fn pieces(
        c: &mut AsyncSqliteConnection,
        pieces: &[(StoredId, i64)],
    ) -> QueryResult<Vec<Option<ProductRow>>> {
        let mut taken = Vec::new();
        for &(product, pieces) in pieces {
            let take = take!(product, pieces);
            taken.push(take.get_result(c).await.optional()?);
        }
        Ok(taken)
    }
}
