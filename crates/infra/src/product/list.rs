use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Keyset, Prepared, StoredId};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::list::{Page, Position, Total};
use hexpress_domain::product::{Product, ProductQuery, ProductSort};

use super::ProductRow;
use crate::list;
use crate::schema::products;

pub(super) async fn page(
    connection: &mut Connection,
    query: &ProductQuery,
) -> Result<Page<Product>, Failure> {
    let (rows, total) = select(connection, query).await?;
    let products = rows
        .into_iter()
        .map(Product::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let cursor = |product: &Product| query.sort.cursor(product);
    Ok(list::page(products, total, query.page.size, cursor))
}

/// The page's rows, one more where more come behind it, and the total where it is
/// asked for.
async fn select(
    connection: &mut Connection,
    query: &ProductQuery,
) -> Result<(Vec<ProductRow>, Option<Total>), Failure> {
    let order = Keyset {
        key: sort_key(query.sort),
        id: "products.id",
        direction: list::direction(query.direction),
    };
    Ok(on_backend!(connection, |c, dialect| {
        let matching = || {
            let mut products = products::table
                .filter(products::deleted_at.is_null())
                .into_boxed::<dialect::Backend>();
            if let Some(is_active) = query.filter.is_active {
                products = products.filter(products::is_active.eq(is_active));
            }
            if let Some(search) = &query.filter.search {
                products = products.filter(dialect::matches("products", search.folded()));
            }
            products
        };

        let mut page = matching()
            .select(ProductRow::as_select())
            .order(sql::<Text>(&order.clause()))
            .limit(list::one_more_than(query.page.size));
        page = match &query.page.position {
            Position::Page(number) => match number.offset(query.page.size) {
                Some(offset) => page.offset(offset),
                None => page.limit(0),
            },
            Position::After(cursor) => {
                page.filter(list::behind(&order, cursor, dialect::LOWEST_INSTANT))
            }
        };
        // What a search finds says which way is the shortest.
        let rows = match query.filter.search {
            Some(_) => page.load(c).await?,
            None => Prepared(page).load(c).await?,
        };

        if !query.page.count {
            return Ok((rows, None));
        }
        if query.filter.search.is_some() {
            let beyond: Option<StoredId> = matching()
                .select(products::id)
                .offset(i64::try_from(Total::SEARCH_BOUND).unwrap_or(i64::MAX))
                .limit(1)
                .get_result(c)
                .await
                .optional()?;
            if beyond.is_some() {
                return Ok((rows, Some(Total::MoreThan(Total::SEARCH_BOUND))));
            }
        }
        let count: i64 = matching().count().get_result(c).await?;
        let total = Total::Exactly(u64::try_from(count).unwrap_or_default());
        (rows, Some(total))
    }))
}

/// What an order compares: the columns of the index that serves it, before the id.
const fn sort_key(sort: ProductSort) -> &'static str {
    match sort {
        ProductSort::CreatedAt => "products.created_at",
        ProductSort::Name => "products.name",
        ProductSort::PriceCents => "products.price_cents",
        ProductSort::Stock => "products.stock",
    }
}
