//! Orders that are placed again with the key of the first time.

use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::list::Total;
use hexpress_domain::order::{OrderQuery, OrderRecord, OrderStatus, Placement};
use hexpress_domain::product::Product;

use super::Shop;
use crate::promise::race;
use crate::samples::{now, order_record, order_step, product_deletion, with_key};

async fn place(stores: &Shop, record: OrderRecord) -> Placement {
    stores.orders.place(record).await.unwrap()
}

pub(super) async fn the_same_command_is_answered_with_the_order_of_then(stores: &Shop) {
    let user = stores.user().await;
    let product = stores.product(5, 3).await;
    let command = || with_key(order_record(user.id, &[(product.id, 3)]), "key");
    let first = stores.order(command()).await;
    let replayed = Placement::Replayed(first.clone());
    assert_eq!(place(stores, command()).await, replayed);

    // Whatever has become of the order and the product since.
    let payment = order_step(OrderStatus::Paid);
    stores.orders.change(first.id, payment).await.unwrap();
    let deletion = stores.products.change(product.id, product_deletion());
    deletion.await.unwrap();
    let before = stores.snapshot().await;
    assert_eq!(place(stores, command()).await, replayed);
    assert_eq!(stores.snapshot().await, before);
}

pub(super) async fn another_command_is_not_what_the_key_was_used_for(stores: &Shop) {
    let user = stores.user().await;
    let (one, other) = (stores.product(5, 9).await, stores.product(5, 9).await);
    let command = |items: &[(&Product, i64)]| {
        let items: Vec<_> = items
            .iter()
            .map(|(p, quantity)| (p.id, *quantity))
            .collect();
        with_key(order_record(user.id, &items), "key")
    };
    stores.order(command(&[(&one, 1), (&other, 2)])).await;
    let before = stores.snapshot().await;
    for items in [
        &[(&one, 1)][..],
        &[(&one, 1), (&other, 3)],
        &[(&one, 2), (&other, 1)],
        &[(&other, 2), (&one, 1)],
    ] {
        assert_eq!(place(stores, command(items)).await, Placement::KeyReused);
    }
    assert_eq!(stores.snapshot().await, before);
}

pub(super) async fn a_key_is_its_users_own(stores: &Shop) {
    let product = stores.product(5, 9).await;
    for _ in 0..2 {
        let user = stores.user().await;
        let record = with_key(order_record(user.id, &[(product.id, 1)]), "key");
        stores.order(record).await;
    }
    assert_eq!(stores.stock_of(&product).await, 7);
}

pub(super) async fn a_key_is_forgotten_when_its_time_is_over(stores: &Shop) {
    let user = stores.user().await;
    let product = stores.product(5, 9).await;
    let command = |quantity, hours| {
        let record = OrderRecord {
            at: now() + TimeDelta::hours(hours),
            ..order_record(user.id, &[(product.id, quantity)])
        };
        with_key(record, "key")
    };
    let first = stores.order(command(1, 0)).await;
    assert_eq!(
        place(stores, command(1, 23)).await,
        Placement::Replayed(first)
    );
    let second = stores.order(command(2, 24)).await;
    assert_eq!(
        place(stores, command(2, 25)).await,
        Placement::Replayed(second)
    );

    let kept = with_key(order_record(user.id, &[(product.id, 1)]), "other");
    stores.order(kept).await;
    let sweep = async |hours| {
        let swept = stores.orders.sweep(now() + TimeDelta::hours(hours)).await;
        swept.unwrap()
    };
    assert_eq!(sweep(23).await, 0);
    assert_eq!(sweep(24).await, 1);
    let still_known = place(stores, command(2, 26)).await;
    assert!(matches!(still_known, Placement::Replayed(_)));
    assert_eq!(sweep(48).await, 1);
    let orders = stores.orders.list(OrderQuery::default()).await.unwrap();
    assert_eq!(orders.total, Some(Total::Exactly(3)));
}

pub(super) async fn of_racing_calls_with_one_key_one_places_and_all_answer_it(stores: &Shop) {
    let user = stores.user().await;
    // All that there is: whoever came second would find nothing left.
    let product = stores.product(5, 3).await;
    let placements = race((0..50).map(|_| {
        let orders = Arc::clone(&stores.orders);
        let record = with_key(order_record(user.id, &[(product.id, 3)]), "key");
        async move { orders.place(record).await.unwrap() }
    }))
    .await;
    let mut placed = Vec::new();
    let mut replayed = Vec::new();
    for placement in placements {
        match placement {
            Placement::Placed(order) => placed.push(order),
            Placement::Replayed(order) => replayed.push(order),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((placed.len(), replayed.len()), (1, 49));
    assert!(replayed.iter().all(|order| *order == placed[0]));
    assert_eq!(stores.stock_of(&product).await, 0);
}
