//! The ledger that explains every stock, and what a refusal leaves in the tables: no port
//! reads them.

use hexpress_domain::entity::Version;
use hexpress_domain::order::{OrderRecord, OrderStatus, Placement};
use hexpress_domain::product::{ProductId, Stock};
use hexpress_test_support::Kind;
use hexpress_testkit::samples::{
    is_refused, later, order_record, order_step, product_deletion, product_edit, refusal, unknown,
    with_key,
};
use rstest::rstest;

use crate::support::stores;

#[rstest]
#[tokio::test]
async fn the_first_pieces_are_a_movement(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    stores.product(5, 0).await;
    stores.product(5, 7).await;
    let ledger = stores
        .raw
        .query_text("SELECT delta, cause FROM stock_movements")
        .await;
    assert_eq!(ledger, [[Some("7".to_owned()), Some("created".to_owned())]]);
    stores.assert_books_balance().await;
}

#[rstest]
#[tokio::test]
async fn stock_changes_with_a_movement_each(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let mut product = stores.product(5, 3).await;
    for stock in [10, 6, 8, 0, 0] {
        let edit = product_edit(move |product| product.stock = Stock::new(stock));
        product = stores
            .ports
            .products
            .change(product.id, edit)
            .await
            .unwrap();
        assert_eq!(product.stock.get(), stock);
    }
    assert_eq!(product.version, Version::new(6));
    let ledger = stores
        .raw
        .query_text("SELECT delta FROM stock_movements WHERE cause = 'adjusted' ORDER BY id")
        .await;
    let deltas: Vec<_> = ledger.into_iter().flatten().flatten().collect();
    assert_eq!(deltas, ["7", "-4", "2", "-8"]);
    stores.assert_books_balance().await;
}

#[rstest]
#[tokio::test]
async fn a_change_that_is_refused_moves_nothing(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let product = stores.product(5, 3).await;
    let before = stores.shop().await;
    let refused = stores.ports.products.change(product.id, refusal()).await;
    assert!(is_refused(&refused), "{refused:?}");
    assert_eq!(stores.shop().await, before);
}

#[rstest]
#[tokio::test]
async fn an_order_that_is_refused_leaves_every_table_as_it_was(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let (good, scarce) = (stores.product(5, 10).await, stores.product(5, 2).await);
    let before = stores.shop().await;
    for bad in [(scarce.id, 3), (ProductId::new(unknown()), 1)] {
        let record = order_record(user.id, &[(good.id, 1), bad]);
        for record in [record.clone(), with_key(record, "key")] {
            let placement = stores.ports.orders.place(record).await.unwrap();
            assert!(matches!(placement, Placement::Refused(_)), "{placement:?}");
            assert_eq!(stores.shop().await, before);
        }
    }
    let placed = order_record(user.id, &[(good.id, 1)]);
    stores.order(with_key(placed.clone(), "key")).await;
    let before = stores.shop().await;
    for (quantity, is_replayed) in [(1, true), (2, false)] {
        let record = order_record(user.id, &[(good.id, quantity)]);
        let placement = stores
            .ports
            .orders
            .place(with_key(record, "key"))
            .await
            .unwrap();
        assert_eq!(matches!(placement, Placement::Replayed(_)), is_replayed);
        assert_eq!(stores.shop().await, before);
    }
}

#[rstest]
#[tokio::test]
async fn a_cancelled_order_gives_back_what_it_took_also_to_deleted_products(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let (kept, gone) = (stores.product(5, 10).await, stores.product(7, 10).await);
    let place = || order_record(user.id, &[(kept.id, 2), (gone.id, 3)]);
    let order = stores.order(place()).await;
    let overdue = OrderRecord {
        at: later(),
        ..place()
    };
    stores.order(overdue).await;
    stores.assert_books_balance().await;
    let deletion = stores.ports.products.change(gone.id, product_deletion());
    deletion.await.unwrap();

    let cancellation = order_step(OrderStatus::Cancelled);
    stores
        .ports
        .orders
        .change(order.id, cancellation)
        .await
        .unwrap();
    stores.assert_books_balance().await;
    let overdue = stores.ports.orders.cancel_overdue(later(), later()).await;
    assert_eq!(overdue.unwrap(), 1);
    stores.assert_books_balance().await;
    let stock = stores.raw.query_text("SELECT stock FROM products").await;
    let stock: Vec<_> = stock.into_iter().flatten().flatten().collect();
    assert_eq!(stock, ["10", "10"]);
}
