//! The plans of the list of products: none may read the whole table.

use hexpress_domain::list::{Direction, SortValue};
use hexpress_domain::product::{ProductFilter, ProductQuery, ProductSort};
use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;

use super::list;
use crate::testing::{
    assert_led_by, behind, catch, id_of, minute, numbers, open, plan, statements_of, values_behind,
};

#[rstest]
#[tokio::test]
async fn a_cursor_leads_into_the_index_of_its_order(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[values(None, Some(true))] is_active: Option<bool>,
) {
    let raw = TestDatabase::migrated(kind).await;
    let (id, time, numbers) = (id_of(kind, "i"), minute(kind, "i"), numbers(kind, 6000));
    let long = "x".repeat(400);
    raw.execute(&format!(
        "INSERT INTO products (id, name, description, price_cents, currency, stock, is_active, \
             search_text, version, created_at, updated_at) \
         SELECT {id}, 'N' || i, '{long}', i, 'EUR', i, i % 7 = 0, 'n' || i, 1, {time}, {time} \
         FROM {numbers};
         ANALYZE;"
    ))
    .await;
    let database = open(&raw).await;
    let narrowed = is_active.map_or("", |_| "is_active_");
    for (sort, value, key) in [
        (
            ProductSort::CreatedAt,
            SortValue::Time("2024-01-03T02:00:00Z".parse().ok()),
            "created_at",
        ),
        (
            ProductSort::Name,
            SortValue::Text("N3000".to_owned()),
            "name",
        ),
        (
            ProductSort::PriceCents,
            SortValue::Number(3000),
            "price_cents",
        ),
        (ProductSort::Stock, SortValue::Number(3000), "stock"),
    ] {
        for direction in [Direction::Ascending, Direction::Descending] {
            let (cursor, page) = behind(value.clone());
            let query = ProductQuery {
                filter: ProductFilter {
                    is_active,
                    ..ProductFilter::default()
                },
                sort,
                direction,
                page,
            };
            let statements = statements_of(&database, query, |connection, (query, caught)| {
                Box::pin(async move {
                    catch(connection, caught);
                    list::page(connection, query).await
                })
            });
            let sql = statements.await.swap_remove(0);
            let mut values: Vec<_> = is_active.map(|is| is.to_string()).into_iter().collect();
            values.extend(values_behind(&cursor));
            let plan = plan(kind, &raw, &sql, &values).await;
            assert_led_by(&plan, &format!("products_{narrowed}{key}_idx"));
        }
    }
}
