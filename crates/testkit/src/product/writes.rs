use std::sync::Arc;

use hexpress_domain::entity::Version;
use hexpress_domain::order::OrderStatus;
use hexpress_domain::product::{
    NewProduct, Product, ProductChange, ProductId, ProductRecord, Stock, StockChange, StockDelta,
};
use hexpress_domain::repository::{Conflict, RepositoryError};

use crate::order::Shop;
use crate::promise::race;
use crate::samples::{later, now, order_record, product_change, product_record, unknown};

fn add(pieces: i64) -> Option<StockChange> {
    Some(StockChange::Add(StockDelta::try_from(pieces).unwrap()))
}

fn set(pieces: u64) -> Option<StockChange> {
    Some(StockChange::Set(Stock::new(pieces)))
}

async fn find(stores: &Shop, product: &Product) -> Option<Product> {
    stores.products.find(product.id).await.unwrap()
}

pub(super) async fn what_is_stored_is_found(stores: &Shop) {
    let record = ProductRecord {
        product: NewProduct {
            description: "Nine wheels, 🦀".parse().unwrap(),
            currency: "JPY".parse().unwrap(),
            is_active: false,
            ..product_record("Ωmega", 1_000_000_000, 1_000_000_000).product
        },
        ..product_record("Engine", 0, 0)
    };
    let product = stores.products.insert(record.clone()).await.unwrap();
    let new = record.product;
    assert_eq!(
        product,
        Product {
            id: record.id,
            name: new.name,
            description: new.description,
            price: new.price,
            currency: new.currency,
            stock: new.stock,
            is_active: false,
            version: Version::FIRST,
            created_at: now(),
            updated_at: now(),
            deleted_at: None,
        }
    );
    assert_eq!(find(stores, &product).await, Some(product));
    let unknown = ProductId::new(unknown());
    assert_eq!(stores.products.find(unknown).await.unwrap(), None);
}

pub(super) async fn a_change_is_stored_and_moves_the_version_by_one(stores: &Shop) {
    let product = stores.product(5, 3).await;
    let changed = stores
        .products
        .change(ProductChange {
            name: "Analytical Engine".parse().unwrap(),
            description: "More wheels".parse().unwrap(),
            price: 7.try_into().unwrap(),
            currency: "GBP".parse().unwrap(),
            is_active: false,
            ..product_change(&product)
        })
        .await
        .unwrap();
    let expected = Product {
        name: "Analytical Engine".parse().unwrap(),
        description: "More wheels".parse().unwrap(),
        price: 7.try_into().unwrap(),
        currency: "GBP".parse().unwrap(),
        is_active: false,
        version: Version::new(2),
        updated_at: later(),
        ..product
    };
    assert_eq!(changed, expected);
    assert_eq!(find(stores, &changed).await, Some(expected));
}

pub(super) async fn stock_is_set_and_moved(stores: &Shop) {
    let mut product = stores.product(5, 3).await;
    for (stock, after) in [
        (set(10), 10),
        (add(-4), 6),
        (add(2), 8),
        (set(0), 0),
        (set(0), 0),
    ] {
        let change = ProductChange {
            stock,
            ..product_change(&product)
        };
        product = stores.products.change(change).await.unwrap();
        assert_eq!(product.stock.get(), after, "{stock:?}");
    }
    assert_eq!(product.version, Version::new(6));
}

pub(super) async fn a_change_of_stock_is_about_the_stock_that_orders_have_left(stores: &Shop) {
    let user = stores.user().await;
    for (stock, after) in [(add(-2), 5), (set(4), 4)] {
        let product = stores.product(5, 10).await;
        stores
            .order(order_record(user.id, &[(product.id, 3)]))
            .await;
        let moved = find(stores, &product).await.unwrap();
        assert_eq!((moved.version, moved.stock.get()), (product.version, 7));
        assert_eq!(moved.updated_at, product.updated_at);
        let change = ProductChange {
            stock,
            ..product_change(&product)
        };
        let changed = stores.products.change(change).await.unwrap();
        assert_eq!(changed.stock.get(), after);
    }
}

pub(super) async fn stock_stays_within_its_bounds(stores: &Shop) {
    let product = stores.product(5, 3).await;
    let full = stores.product(5, Stock::MAX_SET).await;
    let before = stores.snapshot().await;
    let change = |product: &Product, stock| ProductChange {
        stock,
        ..product_change(product)
    };
    let below = stores.products.change(change(&product, add(-4))).await;
    let available = Stock::new(3);
    assert!(matches!(
        below,
        Err(RepositoryError::Conflict(Conflict::NegativeStock { available: three })) if three == available
    ));
    let above = stores.products.change(change(&full, add(1))).await;
    assert!(matches!(
        above,
        Err(RepositoryError::Conflict(Conflict::StockLimit))
    ));
    assert_eq!(stores.snapshot().await, before);

    // What a cancelled order gave back may stand above the limit, and go down from there.
    let user = stores.user().await;
    let order = stores.order(order_record(user.id, &[(full.id, 5)])).await;
    let refilled = stores.products.change(change(&full, add(5))).await.unwrap();
    let cancelled = order.transition(OrderStatus::Cancelled, later());
    stores.orders.change(cancelled.unwrap()).await.unwrap();
    assert_eq!(stores.stock_of(&full).await, Stock::MAX_SET + 5);
    let lower = stores.products.change(change(&refilled, add(-1))).await;
    assert_eq!(lower.unwrap().stock.get(), Stock::MAX_SET + 4);
}

pub(super) async fn a_write_says_what_it_did_not_find(stores: &Shop) {
    let products = &stores.products;
    let product = stores.product(5, 3).await;
    for stock in [None, add(-9)] {
        let stale = ProductChange {
            seen: Version::new(9),
            stock,
            ..product_change(&product)
        };
        let stale = products.change(stale).await;
        assert!(matches!(stale, Err(RepositoryError::Stale)), "{stale:?}");
        let unknown = ProductChange {
            id: ProductId::new(unknown()),
            stock,
            ..product_change(&product)
        };
        let unknown = products.change(unknown).await;
        assert!(matches!(unknown, Err(RepositoryError::NotFound)));
    }
    let stale = products.delete(product.id, Version::new(9), later()).await;
    assert!(matches!(stale, Err(RepositoryError::Stale)));

    products
        .delete(product.id, product.version, later())
        .await
        .unwrap();
    assert_eq!(find(stores, &product).await, None);
    for stock in [None, add(1)] {
        let deleted = ProductChange {
            seen: Version::new(2),
            stock,
            ..product_change(&product)
        };
        let deleted = products.change(deleted).await;
        assert!(matches!(deleted, Err(RepositoryError::NotFound)));
    }
    let again = products.delete(product.id, Version::new(2), later()).await;
    assert!(matches!(again, Err(RepositoryError::NotFound)));
}

pub(super) async fn of_racing_changes_that_saw_one_version_one_succeeds(stores: &Shop) {
    let product = stores.product(5, 0).await;
    let outcomes = race((0..30).map(|_| {
        let products = Arc::clone(&stores.products);
        let change = ProductChange {
            stock: add(1),
            ..product_change(&product)
        };
        async move { products.change(change).await }
    }))
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(
        lost.iter()
            .all(|outcome| matches!(outcome, Err(RepositoryError::Stale)))
    );
    assert_eq!(stores.stock_of(&product).await, 1);
}
