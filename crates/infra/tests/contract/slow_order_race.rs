//! The ledger, when those who move stock race.

use std::sync::Arc;

use hexpress_domain::order::{OrderRepository, OrderStatus, Placement};
use hexpress_domain::product::{ProductRepository, Stock};
use hexpress_domain::repository::RepositoryError;
use hexpress_test_support::Kind;
use hexpress_testkit::samples::{order_record, order_step, product_edit};
use rstest::rstest;

use crate::support::{race, stores};

#[rstest]
#[tokio::test]
async fn the_books_balance_however_orders_cancellations_and_admins_race(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let first = stores.product(5, 1_000).await;
    let second = stores.product(7, 1_000).await;
    let outcomes = race((0..60_i64).map(|number| {
        let (orders, products) = (Arc::clone(&stores.orders), Arc::clone(&stores.products));
        let mut cart = [(first.id, 1), (second.id, 2)];
        if number % 2 == 0 {
            cart.reverse();
        }
        let record = order_record(user.id, &cart);
        let first = first.clone();
        async move {
            match number % 3 {
                0 => {
                    let one_more = product_edit(|product| {
                        product.stock = Stock::new(product.stock.get() + 1);
                    });
                    products.change(first.id, one_more).await.map(|_| 1)
                }
                rest => {
                    let Placement::Placed(order) = orders.place(record).await? else {
                        panic!("there is enough")
                    };
                    if rest == 2 {
                        return Ok(-1);
                    }
                    let cancellation = order_step(OrderStatus::Cancelled);
                    orders.change(order.id, cancellation).await.map(|_| 0)
                }
            }
        }
    }))
    .await;
    let moved: Result<Vec<i64>, RepositoryError> = outcomes.into_iter().collect();
    let moved: i64 = moved.unwrap().into_iter().sum();
    let left = i64::try_from(stores.stock_of(&first).await).unwrap();
    assert_eq!(left, 1_000 + moved);
    assert_eq!(stores.stock_of(&second).await, 1_000 - 2 * 20);
    stores.assert_books_balance().await;
}
