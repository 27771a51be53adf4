//! Orders that are placed again with the key of the first time.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hexpress_domain::entity::Version;
use hexpress_domain::order::{OrderRecord, OrderRepository, OrderStatus, Placement};
use hexpress_domain::product::{Product, ProductRepository};
use hexpress_domain::repository::RepositoryError;
use hexpress_infra::order::QueueingOrderRepository;
use hexpress_test_support::Kind;
use rstest::rstest;

use crate::support::{Stores, later, now, order_record, race, stores, with_key};

async fn place(stores: &Stores, record: OrderRecord) -> Placement {
    stores.orders.place(record).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn the_same_command_is_answered_with_the_order_of_then(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let product = stores.product(5, 3).await;
    let command = || with_key(order_record(user.id, &[(product.id, 3)]), "key");
    let first = stores.order(command()).await;
    let replayed = Placement::Replayed(first.clone());
    assert_eq!(place(&stores, command()).await, replayed);

    // Whatever has become of the order and the product since.
    let paid = first.transition(OrderStatus::Paid, later()).unwrap();
    stores.orders.change(paid).await.unwrap();
    let deletion = stores.products.delete(product.id, Version::FIRST, later());
    deletion.await.unwrap();
    let before = stores.shop().await;
    assert_eq!(place(&stores, command()).await, replayed);
    assert_eq!(stores.shop().await, before);
}

#[rstest]
#[tokio::test]
async fn another_command_is_not_what_the_key_was_used_for(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
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
    let before = stores.shop().await;
    for items in [
        &[(&one, 1)][..],
        &[(&one, 1), (&other, 3)],
        &[(&one, 2), (&other, 1)],
        &[(&other, 2), (&one, 1)],
    ] {
        assert_eq!(place(&stores, command(items)).await, Placement::KeyReused);
    }
    assert_eq!(stores.shop().await, before);
}

#[rstest]
#[tokio::test]
async fn a_key_is_its_users_own(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let product = stores.product(5, 9).await;
    for _ in 0..2 {
        let user = stores.user().await;
        let record = with_key(order_record(user.id, &[(product.id, 1)]), "key");
        stores.order(record).await;
    }
    assert_eq!(stores.stock_of(&product).await, 7);
}

#[rstest]
#[tokio::test]
async fn a_key_is_forgotten_when_its_time_is_over(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
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
        place(&stores, command(1, 23)).await,
        Placement::Replayed(first)
    );
    let second = stores.order(command(2, 24)).await;
    assert_eq!(
        place(&stores, command(2, 25)).await,
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
    assert_eq!(
        stores.value("SELECT key FROM idempotency_keys").await,
        "key"
    );
    assert_eq!(sweep(48).await, 1);
    assert_eq!(stores.value("SELECT count(*) FROM orders").await, "3");
}

#[rstest]
#[tokio::test]
async fn of_racing_calls_with_one_key_one_places_and_all_answer_it(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[values(false, true)] queued: bool,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    // All that there is: whoever came second would find nothing left.
    let product = stores.product(5, 3).await;
    let orders: Arc<dyn OrderRepository> = if queued {
        let patience = Duration::from_secs(20);
        Arc::new(QueueingOrderRepository::new(
            stores.orders.clone(),
            patience,
        ))
    } else {
        stores.orders.clone()
    };
    let placements = race((0..50).map(|_| {
        let orders = Arc::clone(&orders);
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
    stores.assert_books_balance().await;
}

/// Fifty calls that wait for one would take all eight connections, and leave none to
/// anybody else.
#[tokio::test]
async fn calls_that_wait_for_their_key_hold_no_connection() {
    let stores = stores(Kind::Postgres).await;
    let user = stores.user().await;
    let product = stores.product(5, 3).await;
    let orders = Arc::new(QueueingOrderRepository::new(
        stores.orders.clone(),
        Duration::from_secs(20),
    ));
    let lock = format!(
        "SELECT FROM products WHERE id = '{}' FOR UPDATE",
        product.id
    );
    let held = stores.raw.begin(&lock).await;
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let orders = Arc::clone(&orders);
            let record = with_key(order_record(user.id, &[(product.id, 3)]), "key");
            tokio::spawn(async move { orders.place(record).await.unwrap() })
        })
        .collect();
    stores.raw.wait_for_waiting(1).await;
    let read = tokio::time::timeout(Duration::from_secs(10), stores.products.find(product.id));
    assert!(read.await.is_ok(), "no connection came free");
    held.commit().await;
    for call in calls {
        let placement = call.await.unwrap();
        assert!(matches!(
            placement,
            Placement::Placed(_) | Placement::Replayed(_)
        ));
    }
}

#[tokio::test]
async fn waiting_for_a_key_has_an_end() {
    let stores = stores(Kind::Postgres).await;
    let user = stores.user().await;
    let product = stores.product(5, 3).await;
    let orders = Arc::new(QueueingOrderRepository::new(
        stores.orders.clone(),
        Duration::from_millis(20),
    ));
    let record = || with_key(order_record(user.id, &[(product.id, 3)]), "key");
    let lock = format!(
        "SELECT FROM products WHERE id = '{}' FOR UPDATE",
        product.id
    );
    let held = stores.raw.begin(&lock).await;
    let first = tokio::spawn({
        let (orders, record) = (Arc::clone(&orders), record());
        async move { orders.place(record).await }
    });
    stores.raw.wait_for_waiting(1).await;
    let waited = orders.place(record()).await;
    assert!(matches!(waited, Err(RepositoryError::Unavailable(_))));
    held.commit().await;
    let first = first.await.unwrap().unwrap();
    assert!(matches!(first, Placement::Placed(_)));
    // The queue is left as it should be.
    let again = orders.place(record()).await.unwrap();
    assert!(matches!(again, Placement::Replayed(_)));
}

#[rstest]
#[tokio::test]
async fn a_sweep_takes_the_keys_of_all_users_however_many(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let (id, past, numbers) = match kind {
        Kind::Sqlite => (
            "unhex(printf('%032x', i))",
            "0",
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) \
             SELECT i FROM n) AS numbers",
        ),
        Kind::Postgres => (
            "lpad(to_hex(i), 32, '0')::uuid",
            "'1970-01-01Z'::timestamptz",
            "generate_series(1, 2500) AS numbers(i)",
        ),
    };
    let digest = match kind {
        Kind::Sqlite => "zeroblob(32)",
        Kind::Postgres => "decode(repeat('00', 32), 'hex')",
    };
    stores
        .raw
        .execute(&format!(
            "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active, \
                 search_text, version, created_at, updated_at) \
             SELECT {id}, i || '@x', 'h', 'A', '', 'user', TRUE, '', 1, {past}, {past} \
             FROM {numbers};
             INSERT INTO orders (id, user_id, status, total_cents, currency, version, created_at, \
                 updated_at) \
             SELECT {id}, {id}, 'pending', 1, 'EUR', 1, {past}, {past} FROM {numbers};
             INSERT INTO idempotency_keys (user_id, key, fingerprint, order_id, expires_at) \
             SELECT {id}, 'order-1', {digest}, {id}, {past} FROM {numbers};"
        ))
        .await;
    assert_eq!(stores.orders.sweep(now()).await.unwrap(), 2_500);
    assert_eq!(
        stores.value("SELECT count(*) FROM idempotency_keys").await,
        "0"
    );
}
