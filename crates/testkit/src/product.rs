//! What is promised of products.

use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::entity::Version;
use hexpress_domain::list::Search;
use hexpress_domain::product::{
    NewProduct, Product, ProductFilter, ProductId, ProductRecord, ProductRepository, ProductSort,
    Stock,
};
use hexpress_domain::repository::RepositoryError;

use crate::list::List;
use crate::order::Shop;
use crate::promise::{promises, race};
use crate::samples::{
    is_refused, later, nothing, now, order_record, product_deletion, product_edit, product_record,
    refusal, unknown,
};

promises! {
    /// Makes a test of each promise of a [`ProductRepository`] with the orders that move
    /// its stock.
    ///
    /// Takes a function `async fn() -> (Shop, G)`.
    ///
    /// [`ProductRepository`]: hexpress_domain::product::ProductRepository
    product_promises of product;
    /// What a [`ProductRepository`] promises,
    /// but for its ledger, which no port reads.
    for Shop {
        self {
            what_is_stored_is_found,
            a_change_is_stored_and_moves_the_version_by_one,
            stock_is_what_the_decision_says,
            a_decision_sees_the_stock_that_orders_have_left,
            a_decision_that_refuses_or_says_nothing_changes_nothing,
            a_deleted_product_is_seen_by_decisions_alone,
            of_racing_decisions_none_is_lost,
            every_order_is_total_and_cursors_walk_it,
            filters_and_searches_find_the_same_everywhere,
            a_search_finds_what_a_change_made_of_a_row,
        }
    }
}

async fn find(stores: &Shop, product: &Product) -> Option<Product> {
    stores.products.find(product.id).await.unwrap()
}

async fn what_is_stored_is_found(stores: &Shop) {
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

async fn a_change_is_stored_and_moves_the_version_by_one(stores: &Shop) {
    let product = stores.product(5, 3).await;
    let edit = product_edit(|product| {
        product.name = "Analytical Engine".parse().unwrap();
        product.description = "More wheels".parse().unwrap();
        product.price = 7.try_into().unwrap();
        product.currency = "GBP".parse().unwrap();
        product.is_active = false;
    });
    let changed = stores.products.change(product.id, edit).await.unwrap();
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

async fn stock_is_what_the_decision_says(stores: &Shop) {
    let mut product = stores.product(5, 3).await;
    // What a cancelled order gave back may stand above what may be set.
    for stock in [10, 6, Stock::MAX_SET + 5, Stock::MAX_SET + 4, 0, 0] {
        let edit = product_edit(move |product| product.stock = Stock::new(stock));
        product = stores.products.change(product.id, edit).await.unwrap();
        assert_eq!(product.stock.get(), stock);
        assert_eq!(stores.stock_of(&product).await, stock);
    }
    assert_eq!(product.version, Version::new(7));
}

async fn a_decision_sees_the_stock_that_orders_have_left(stores: &Shop) {
    let user = stores.user().await;
    let product = stores.product(5, 10).await;
    stores
        .order(order_record(user.id, &[(product.id, 3)]))
        .await;
    let moved = find(stores, &product).await.unwrap();
    assert_eq!((moved.version, moved.stock.get()), (product.version, 7));
    assert_eq!(moved.updated_at, product.updated_at);
    let less = product_edit(|product| product.stock = Stock::new(product.stock.get() - 2));
    let changed = stores.products.change(product.id, less).await.unwrap();
    assert_eq!(changed.stock.get(), 5);
}

async fn a_decision_that_refuses_or_says_nothing_changes_nothing(stores: &Shop) {
    let product = stores.product(5, 3).await;
    let unchanged = stores.products.change(product.id, nothing()).await;
    assert_eq!(unchanged.unwrap(), product);
    let refused = stores.products.change(product.id, refusal()).await;
    assert!(is_refused(&refused), "{refused:?}");
    assert_eq!(find(stores, &product).await, Some(product));
}

async fn a_deleted_product_is_seen_by_decisions_alone(stores: &Shop) {
    let products = &stores.products;
    let product = stores.product(5, 3).await;
    let deleted = products.change(product.id, product_deletion()).await;
    let expected = Product {
        version: Version::new(2),
        updated_at: later(),
        deleted_at: Some(later()),
        ..product.clone()
    };
    assert_eq!(deleted.unwrap(), expected);
    assert_eq!(find(stores, &product).await, None);
    let seen = products.change(product.id, nothing()).await;
    assert_eq!(seen.unwrap(), expected);
    let unknown = ProductId::new(unknown());
    for decide in [product_deletion(), nothing()] {
        let outcome = products.change(unknown, decide).await;
        assert!(matches!(outcome, Err(RepositoryError::NotFound)));
    }
}

async fn of_racing_decisions_none_is_lost(stores: &Shop) {
    let product = stores.product(5, 0).await;
    let outcomes = race((0..30).map(|_| {
        let products = Arc::clone(&stores.products);
        let more = product_edit(|product| product.stock = Stock::new(product.stock.get() + 1));
        async move { products.change(product.id, more).await }
    }))
    .await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let stored = find(stores, &product).await.unwrap();
    assert_eq!((stored.stock.get(), stored.version), (30, Version::new(31)));
}

/// Products whose names, prices, stocks and times tie, of which every third is inactive.
async fn goods(stores: &Shop) -> Vec<Product> {
    const NAMES: [&str; 10] = [
        "Engine",
        "engine",
        "Émeraude",
        "Zahnrad",
        "100%",
        "a_b",
        "Жук",
        "李",
        "🦀",
        "Engine",
    ];
    let mut goods = Vec::new();
    for (index, name) in NAMES.into_iter().enumerate() {
        let number = i64::try_from(index).unwrap();
        let plain = product_record(name, number % 4, (index % 3).try_into().unwrap());
        let record = ProductRecord {
            product: NewProduct {
                description: format!("Number {}", index % 2).parse().unwrap(),
                is_active: index % 3 != 0,
                ..plain.product
            },
            at: now() + TimeDelta::milliseconds(number / 3),
            ..plain
        };
        goods.push(stores.products.insert(record).await.unwrap());
    }
    goods
}

fn list(stores: &Shop) -> List<Arc<dyn ProductRepository>, Product, ProductFilter, ProductSort> {
    List {
        port: Arc::clone(&stores.products),
        ask: |products, query| products.list(query),
        cursor: ProductSort::cursor,
    }
}

async fn found(stores: &Shop, search: &str, is_active: Option<bool>) -> String {
    let filter = ProductFilter {
        search: Search::parse(search).unwrap(),
        is_active,
    };
    let found = list(stores).found(filter).await;
    let names: Vec<_> = found.iter().map(|product| product.name.as_str()).collect();
    names.join(" ")
}

async fn every_order_is_total_and_cursors_walk_it(stores: &Shop) {
    let goods = goods(stores).await;
    list(stores).assert_every_order(goods).await;
}

async fn filters_and_searches_find_the_same_everywhere(stores: &Shop) {
    let goods = goods(stores).await;
    let deletion = stores.products.change(goods[9].id, product_deletion());
    deletion.await.unwrap();
    for (search, is_active, expected) in [
        ("ENGINE", None, "Engine engine"),
        ("ÉMERA", None, "Émeraude"),
        ("emer", None, "Émeraude"),
        ("жук", None, "Жук"),
        ("%", None, "100%"),
        ("_", None, "a_b"),
        ("number 1", None, "engine Zahnrad a_b 李"),
        ("", Some(false), "Engine Zahnrad Жук"),
        ("engine", Some(true), "engine"),
        ("nothing", None, ""),
    ] {
        assert_eq!(found(stores, search, is_active).await, expected);
    }
}

async fn a_search_finds_what_a_change_made_of_a_row(stores: &Shop) {
    let product = stores.product(5, 1).await;
    let edit = product_edit(|product| {
        product.name = "Loom".parse().unwrap();
        product.description = "By Jacquard".parse().unwrap();
    });
    stores.products.change(product.id, edit).await.unwrap();
    for (search, expected) in [("engine", ""), ("loom", "Loom"), ("jacquard", "Loom")] {
        assert_eq!(found(stores, search, None).await, expected);
    }
}
