use std::cmp::Ordering;

use chrono::TimeDelta;
use hexpress_domain::list::{Direction, Page, Position, Search, Sort, Total};
use hexpress_domain::product::{
    NewProduct, Product, ProductFilter, ProductQuery, ProductRecord, ProductSort,
};

use crate::order::Shop;
use crate::promise::MOST_PAGES;
use crate::samples::{now, page, product_deletion, product_edit, product_record};

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

fn compare(sort: ProductSort, left: &Product, right: &Product) -> Ordering {
    let value = |product: &Product| sort.cursor(product).value;
    value(left).cmp(&value(right)).then(left.id.cmp(&right.id))
}

async fn list(stores: &Shop, query: ProductQuery) -> Page<Product> {
    stores.products.list(query).await.unwrap()
}

async fn walk(stores: &Shop, query: &ProductQuery) -> Vec<Product> {
    let mut query = query.clone();
    let mut walked = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = list(stores, query.clone()).await;
        walked.extend(page.items);
        match page.next {
            Some(cursor) => query.page.position = Position::After(cursor),
            None => return walked,
        }
    }
    panic!("the cursors lead to no end");
}

pub(super) async fn every_order_is_total_and_cursors_walk_it(stores: &Shop) {
    let mut goods = goods(stores).await;
    for &sort in ProductSort::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            goods.sort_by(|left, right| compare(sort, left, right));
            if direction == Direction::Descending {
                goods.reverse();
            }
            for size in [100, 1, 4, 10] {
                let query = ProductQuery {
                    sort,
                    direction,
                    page: page(size),
                    ..ProductQuery::default()
                };
                let walked = walk(stores, &query).await;
                assert_eq!(walked, goods, "{sort:?} {direction:?} by {size}");
            }
        }
    }
}

pub(super) async fn filters_and_searches_find_the_same_everywhere(stores: &Shop) {
    let goods = goods(stores).await;
    let gone = &goods[9];
    let deletion = stores.products.change(gone.id, product_deletion());
    deletion.await.unwrap();
    let found = async |search: &str, is_active| {
        let query = ProductQuery {
            filter: ProductFilter {
                search: Search::parse(search).unwrap(),
                is_active,
            },
            direction: Direction::Ascending,
            ..ProductQuery::default()
        };
        let page = list(stores, query).await;
        let names: Vec<String> = page.items.iter().map(|p| p.name.clone().into()).collect();
        assert_eq!(
            page.total,
            Some(Total::Exactly(names.len().try_into().unwrap()))
        );
        names.join(" ")
    };
    assert_eq!(found("ENGINE", None).await, "Engine engine");
    assert_eq!(found("ÉMERA", None).await, "Émeraude");
    assert_eq!(found("жук", None).await, "Жук");
    assert_eq!(found("%", None).await, "100%");
    assert_eq!(found("_", None).await, "a_b");
    assert_eq!(found("number 1", None).await, "engine Zahnrad a_b 李");
    assert_eq!(found("", Some(false)).await, "Engine Zahnrad Жук");
    assert_eq!(found("engine", Some(true)).await, "engine");
    assert_eq!(found("nothing", None).await, "");
}

pub(super) async fn a_search_finds_what_a_change_made_of_a_row(stores: &Shop) {
    let product = stores.product(5, 1).await;
    let edit = product_edit(|product| {
        product.name = "Loom".parse().unwrap();
        product.description = "By Jacquard".parse().unwrap();
    });
    stores.products.change(product.id, edit).await.unwrap();
    let found = async |search: &str| {
        let query = ProductQuery {
            filter: ProductFilter {
                search: Search::parse(search).unwrap(),
                ..ProductFilter::default()
            },
            ..ProductQuery::default()
        };
        list(stores, query).await.items.len()
    };
    assert_eq!(found("engine").await, 0);
    assert_eq!(found("loom").await, 1);
    assert_eq!(found("jacquard").await, 1);
}
