use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::list::Search;
use hexpress_domain::product::{
    NewProduct, Product, ProductFilter, ProductRecord, ProductRepository, ProductSort,
};

use crate::list::List;
use crate::order::Shop;
use crate::samples::{now, product_deletion, product_edit, product_record};

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

pub(super) async fn every_order_is_total_and_cursors_walk_it(stores: &Shop) {
    let goods = goods(stores).await;
    list(stores).assert_every_order(goods).await;
}

pub(super) async fn filters_and_searches_find_the_same_everywhere(stores: &Shop) {
    let goods = goods(stores).await;
    let deletion = stores.products.change(goods[9].id, product_deletion());
    deletion.await.unwrap();
    for (search, is_active, expected) in [
        ("ENGINE", None, "Engine engine"),
        ("ÉMERA", None, "Émeraude"),
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

pub(super) async fn a_search_finds_what_a_change_made_of_a_row(stores: &Shop) {
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
