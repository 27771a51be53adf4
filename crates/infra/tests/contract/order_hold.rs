//! An order reads its products before it holds them. What changes in between is seen when
//! they are held, on PostgreSQL: SQLite has one writer.

use std::time::Duration;

use hexpress_domain::order::{OrderRepository, Placement, Refusal};
use hexpress_test_support::Kind;
use hexpress_testkit::samples::order_record;
use rstest::rstest;

use crate::support::{Stores, stores};

/// Changes the product and commits when somebody waits for it, after ten seconds at the
/// latest.
async fn change_until_somebody_waits(stores: &Stores, change: &str) {
    stores
        .raw
        .execute(&format!(
            "DO $$ BEGIN
                UPDATE products SET {change};
                FOR round IN 1..500 LOOP
                    PERFORM pg_sleep(0.02), pg_stat_clear_snapshot();
                    EXIT WHEN EXISTS (SELECT 1 FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock');
                END LOOP;
            END $$"
        ))
        .await;
}

async fn wait_for_the_change(stores: &Stores) {
    const SLEEPING: &str = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'PgSleep'";
    while stores.value(SLEEPING).await == "0" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[rstest]
#[case("price_cents = 900", Some(900))]
#[case("is_active = FALSE", None)]
#[case("stock = 0", None)]
#[tokio::test]
async fn a_product_that_changes_meanwhile_is_sold_as_it_is_then(
    #[case] change: &str,
    #[case] price: Option<u32>,
) {
    let stores = stores(Kind::Postgres).await;
    let user = stores.user().await;
    let product = stores.product(250, 3).await;
    let record = order_record(user.id, &[(product.id, 2)]);
    let ((), placement) = tokio::join!(change_until_somebody_waits(&stores, change), async {
        wait_for_the_change(&stores).await;
        stores.orders.place(record).await.unwrap()
    });
    match (placement, price) {
        (Placement::Placed(order), Some(price)) => {
            assert_eq!(order.items[0].unit_price.cents(), price);
        }
        (Placement::Refused(Refusal::NotForSale(_) | Refusal::Short(_)), None) => {}
        other => panic!("{other:?}"),
    }
    let orders = stores.value("SELECT count(*) FROM orders").await;
    assert_eq!(orders, if price.is_some() { "1" } else { "0" });
}
