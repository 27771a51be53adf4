//! An order reads its products before it takes from them. What happens in between, and while it
//! waits, happens on PostgreSQL alone: SQLite has one writer.

use std::time::Duration;

use hexpress_domain::order::{Placement, PlacementRefusal};
use hexpress_domain::repository::RepositoryError;
use hexpress_test_support::Kind;
use hexpress_testkit::samples::order_record;
use rstest::rstest;

use crate::support::{stores, stores_that_wait};

#[rstest]
#[case("UPDATE products SET price_cents = 900", Some(900))]
#[case("UPDATE products SET is_active = FALSE", None)]
#[case("UPDATE products SET stock = 0", None)]
#[case("DELETE FROM stock_movements; DELETE FROM products", None)]
#[tokio::test]
async fn a_product_that_changes_meanwhile_is_sold_as_it_is_then(
    #[case] change: &str,
    #[case] price: Option<u32>,
) {
    let stores = stores(Kind::Postgres).await;
    let user = stores.user().await;
    let product = stores.product(250, 3).await;
    let changed = stores.raw.begin(change).await;
    let orders = stores.ports.orders.clone();
    let record = order_record(user.id, &[(product.id, 2)]);
    let placing = tokio::spawn(async move { orders.place(record).await });
    stores.raw.wait_for_waiting(1).await;
    changed.commit().await;
    match (placing.await.unwrap().unwrap(), price) {
        (Placement::Placed(order), Some(price)) => {
            assert_eq!(order.items[0].unit_price.cents(), price);
        }
        (
            Placement::Refused(PlacementRefusal::NotForSale(_) | PlacementRefusal::Short(_)),
            None,
        ) => {}
        other => panic!("{other:?}"),
    }
    let orders = stores.value("SELECT count(*) FROM orders").await;
    assert_eq!(orders, if price.is_some() { "1" } else { "0" });
}

/// What an order has taken before it finds that something lacks is as if it had not.
#[tokio::test]
async fn only_what_lacks_is_said_to_lack() {
    let stores = stores(Kind::Postgres).await;
    let user = stores.user().await;
    let (first, second) = (stores.product(250, 3).await, stores.product(250, 3).await);
    let sold = format!("UPDATE products SET stock = 1 WHERE id = '{}'", second.id);
    let sold = stores.raw.begin(&sold).await;
    let orders = stores.ports.orders.clone();
    let record = order_record(user.id, &[(second.id, 2), (first.id, 3)]);
    let placing = tokio::spawn(async move { orders.place(record).await });
    stores.raw.wait_for_waiting(1).await;
    sold.commit().await;
    let refused = placing.await.unwrap().unwrap();
    let Placement::Refused(PlacementRefusal::Short(shortages)) = refused else {
        panic!("{refused:?}");
    };
    let lacking: Vec<_> = shortages
        .iter()
        .map(|shortage| (shortage.item, shortage.available.get()))
        .collect();
    assert_eq!(lacking, [(0, 1)]);
    let pieces = "SELECT sum(stock) FROM products";
    assert_eq!(stores.value(pieces).await, "4");
}

/// What is sent behind the statement that waits fails too, and says nothing of why.
#[tokio::test]
async fn an_order_that_waits_too_long_for_a_product_may_come_again() {
    let stores = stores_that_wait(Kind::Postgres, Duration::from_millis(50)).await;
    let user = stores.user().await;
    let product = stores.product(250, 3).await;
    let held = stores.raw.begin("SELECT FROM products FOR UPDATE").await;
    let record = order_record(user.id, &[(product.id, 2)]);
    let waited = stores.ports.orders.place(record.clone()).await;
    assert!(
        matches!(waited, Err(RepositoryError::Unavailable(_))),
        "{waited:?}"
    );
    held.commit().await;
    let placed = stores.ports.orders.place(record).await.unwrap();
    assert!(matches!(placed, Placement::Placed(_)));
}
