//! Orders that wait in the queue for their key, and keys without number.

use std::sync::Arc;
use std::time::Duration;

use hexpress_domain::order::{OrderRepository, Placement};
use hexpress_domain::repository::RepositoryError;
use hexpress_infra::order::QueueingOrderRepository;
use hexpress_test_support::Kind;
use hexpress_testkit::samples::{now, order_record, with_key};
use rstest::rstest;

use crate::support::stores;

/// Fifty calls that wait for one would take all eight connections, and leave none to
/// anybody else.
#[tokio::test]
async fn calls_that_wait_for_their_key_hold_no_connection() {
    let stores = stores(Kind::Postgres).await;
    let user = stores.user().await;
    let product = stores.product(5, 3).await;
    let orders = Arc::new(QueueingOrderRepository::new(
        stores.ports.orders.clone(),
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
    let read = tokio::time::timeout(
        Duration::from_secs(10),
        stores.ports.products.find(product.id),
    );
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
        stores.ports.orders.clone(),
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
    assert_eq!(stores.ports.orders.sweep(now()).await.unwrap(), 2_500);
    assert_eq!(
        stores.value("SELECT count(*) FROM idempotency_keys").await,
        "0"
    );
}
