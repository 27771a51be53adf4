use hexpress_database::sql::Condition;
use hexpress_database::{Connection, Failure};
use hexpress_domain::list::Page;
use hexpress_domain::product::{Product, ProductFilter, ProductQuery, ProductSort};

use super::ProductRow;
use crate::list;
use crate::schema::products;

pub(super) async fn page(
    connection: &mut Connection,
    query: &ProductQuery,
) -> Result<Page<Product>, Failure> {
    let (rows, total) = list::select!(
        connection, query, products as ProductRow, by sort_key(query.sort),
        search query.filter.search.as_ref(), |dialect| conditions(&query.filter),
    );
    let products = rows
        .into_iter()
        .map(Product::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let cursor = |product: &Product| query.sort.cursor(product);
    Ok(list::page(products, total, query.page.size, cursor))
}

fn conditions(filter: &ProductFilter) -> [Option<Condition>; 2] {
    let is_active = Condition::sql("products.is_active = ");
    [
        Some(Condition::sql("products.deleted_at IS NULL")),
        filter.is_active.map(|flag| is_active.and_flag(flag)),
    ]
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
