//! The plans of the list of products: none may read the whole table.

use hexpress_domain::list::SortValue;
use hexpress_domain::product::{ProductFilter, ProductSort};
use hexpress_test_support::Kind;
use rstest::rstest;

use super::list;
use crate::testing::plans::{Filled, assert_led_by, id_of, middle, minute, numbers};

#[rstest]
#[tokio::test]
async fn a_cursor_leads_into_the_index_of_its_order(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[values(None, Some(true))] is_active: Option<bool>,
) {
    let (id, time, numbers) = (id_of(kind, "i"), minute(kind, "i"), numbers(kind, 6000));
    let long = "x".repeat(400);
    let rows = format!(
        "INSERT INTO products (id, name, description, price_cents, currency, stock, is_active, \
             search_text, version, created_at, updated_at) \
         SELECT {id}, 'N' || i, '{long}', i, 'EUR', i, i % 7 = 0, 'n' || i, 1, {time}, {time} \
         FROM {numbers};"
    );
    let filled = Filled::with(kind, &rows).await;
    let filter = ProductFilter {
        is_active,
        ..ProductFilter::default()
    };
    let values: Vec<_> = is_active.iter().map(bool::to_string).collect();
    let narrowed = is_active.map_or("", |_| "is_active_");
    for (sort, value, key) in [
        (ProductSort::CreatedAt, middle(), "created_at"),
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
        let plans = filled.plans_behind((filter.clone(), &values), (sort, value), |c, query| {
            Box::pin(list::page(c, query))
        });
        for plan in plans.await {
            assert_led_by(&plan, &format!("products_{narrowed}{key}_idx"));
        }
    }
}
