//! Orders that want the same pieces at once.

use std::sync::Arc;

use hexpress_domain::order::{OrderStatus, Placement, PlacementRefusal};
use hexpress_domain::product::Stock;
use hexpress_domain::repository::RepositoryError;

use super::Shop;
use crate::promise::race;
use crate::samples::{is_refused, later, order_record, order_step, product_edit};

pub(super) async fn slow_no_piece_is_sold_twice(stores: &Shop) {
    let user = stores.user().await;
    let first = stores.product(5, 40).await;
    let second = stores.product(7, 40).await;
    // Every other cart names the products in the opposite order.
    let carts = [[first.id, second.id], [second.id, first.id]];
    let outcomes = race((0..200).map(|number| {
        let orders = Arc::clone(&stores.orders);
        let cart = carts[number % 2].map(|id| (id, 1));
        let record = order_record(user.id, &cart);
        async move { orders.place(record).await }
    }))
    .await;
    let mut placed = 0;
    for outcome in outcomes {
        match outcome.unwrap() {
            Placement::Placed(_) => placed += 1,
            Placement::Refused(PlacementRefusal::Short(shortages)) => {
                assert_eq!(shortages.len(), 2);
                assert!(shortages.iter().all(|short| short.available.get() == 0));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(placed, 40);
    assert_eq!(stores.stock_of(&first).await, 0);
    assert_eq!(stores.stock_of(&second).await, 0);
}

pub(super) async fn slow_orders_cancellations_and_admins_do_not_lose_each_others_pieces(
    stores: &Shop,
) {
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
}

pub(super) async fn slow_however_steps_race_pieces_go_back_once(stores: &Shop) {
    use OrderStatus::{Cancelled, Fulfilled, Paid};

    let user = stores.user().await;
    let product = stores.product(5, 100).await;
    let mut left = 100;
    for _ in 0..10 {
        let order = stores
            .order(order_record(user.id, &[(product.id, 3)]))
            .await;
        let wishes = [Cancelled, Paid, Cancelled, Fulfilled, Cancelled, Paid];
        let outcomes = race(wishes.map(|to| {
            let (orders, id) = (Arc::clone(&stores.orders), order.id);
            async move { (to, orders.change(id, order_step(to)).await) }
        }))
        .await;
        let done = |wanted| {
            let done = outcomes
                .iter()
                .filter(|(to, outcome)| *to == wanted && outcome.is_ok());
            done.count()
        };
        let is_known = |outcome: &Result<_, _>| outcome.is_ok() || is_refused(outcome);
        assert!(outcomes.iter().all(|(_, outcome)| is_known(outcome)));
        // However it went, it ends in one of the two last states, and was there once.
        assert_eq!(done(Cancelled) + done(Fulfilled), 1);
        assert!(done(Paid) <= 1 && done(Fulfilled) <= done(Paid));
        left -= if done(Fulfilled) == 1 { 3 } else { 0 };
        assert_eq!(stores.stock_of(&product).await, left);
    }
}

pub(super) async fn slow_each_overdue_order_is_cancelled_once_whoever_gets_there_first(
    stores: &Shop,
) {
    let user = stores.user().await;
    let product = stores.product(5, 100).await;
    let mut orders = Vec::new();
    for _ in 0..50 {
        orders.push(
            stores
                .order(order_record(user.id, &[(product.id, 2)]))
                .await,
        );
    }
    let paying: Vec<_> = orders[..10]
        .iter()
        .map(|order| {
            let (orders, id) = (Arc::clone(&stores.orders), order.id);
            tokio::spawn(async move { orders.change(id, order_step(OrderStatus::Paid)).await })
        })
        .collect();
    let counts = race((0..8).map(|_| {
        let orders = Arc::clone(&stores.orders);
        async move { orders.cancel_overdue(later(), later()).await.unwrap() }
    }))
    .await;
    let mut paid = 0;
    for payment in paying {
        paid += u64::from(payment.await.unwrap().is_ok());
    }
    // What was being paid for meanwhile, and passed over, may be left for the next round.
    let rest = stores
        .orders
        .cancel_overdue(later(), later())
        .await
        .unwrap();
    assert_eq!(counts.iter().sum::<u64>() + rest + paid, 50);
    assert_eq!(stores.stock_of(&product).await, 100 - 2 * paid);
    for order in orders {
        let found = stores.orders.find(order.id).await.unwrap().unwrap();
        assert_eq!(found.version.get(), 2);
    }
}
