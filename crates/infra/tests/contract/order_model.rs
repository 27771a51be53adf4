//! Any sequence of operations, against a model that a page holds.

use std::collections::HashMap;
use std::sync::Arc;

use hexpress_domain::entity::Version;
use hexpress_domain::order::{Order, OrderId, OrderStatus, Placement, PlacementRefusal};
use hexpress_domain::product::{Product, ProductId, ProductPatch, Stock, StockChange, StockDelta};
use hexpress_domain::repository::Decide;
use hexpress_domain::user::User;
use hexpress_test_support::Kind;
use hexpress_testkit::samples::{
    is_refused, later, order_record, order_step, product_edit, with_key,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rstest::rstest;

use crate::support::{Stores, stores};

/// Products are named by their place among the three of a run, orders by their place
/// among those that were placed.
#[derive(Debug, Clone)]
enum Operation {
    Place {
        items: Vec<(usize, i64)>,
        key: Option<u8>,
    },
    Step {
        order: usize,
        to: OrderStatus,
    },
    Move {
        product: usize,
        stock: StockChange,
    },
    Price {
        product: usize,
        cents: i64,
    },
    Expire,
}

const PRODUCTS: usize = 3;

fn operation() -> impl Strategy<Value = Operation> {
    let items = prop::sample::subsequence((0..PRODUCTS).collect::<Vec<_>>(), 1..=PRODUCTS)
        .prop_shuffle()
        .prop_flat_map(|products| {
            let line = |product| (Just(product), 1..=6_i64);
            products.into_iter().map(line).collect::<Vec<_>>()
        });
    let stock = prop_oneof![
        (0..20_u64).prop_map(|pieces| StockChange::Set(Stock::new(pieces))),
        (-9..10_i64).prop_map(|pieces| StockChange::Add(StockDelta::try_from(pieces).unwrap())),
    ];
    prop_oneof![
        6 => (items, prop::option::of(0..3_u8))
            .prop_map(|(items, key)| Operation::Place { items, key }),
        4 => (any::<usize>(), prop::sample::select(&OrderStatus::ALL[..]))
            .prop_map(|(order, to)| Operation::Step { order, to }),
        2 => (0..PRODUCTS, stock).prop_map(|(product, stock)| Operation::Move { product, stock }),
        1 => (0..PRODUCTS, 0..1_000_i64)
            .prop_map(|(product, cents)| Operation::Price { product, cents }),
        1 => Just(Operation::Expire),
    ]
}

struct Model {
    ids: Vec<ProductId>,
    stock: Vec<i64>,
    prices: Vec<i64>,
    orders: Vec<Known>,
    keys: HashMap<u8, usize>,
}

struct Known {
    id: OrderId,
    items: Vec<(usize, i64)>,
    total: i64,
    status: OrderStatus,
}

impl Model {
    fn give_back(&mut self, order: usize) {
        self.orders[order].status = OrderStatus::Cancelled;
        for (product, quantity) in self.orders[order].items.clone() {
            self.stock[product] += quantity;
        }
    }

    fn placed(&mut self, items: &[(usize, i64)], order: &Order) {
        let mut total = 0;
        for (product, quantity) in items {
            self.stock[*product] -= quantity;
            total += self.prices[*product] * quantity;
        }
        self.orders.push(Known {
            id: order.id,
            items: items.to_vec(),
            total,
            status: OrderStatus::Pending,
        });
    }
}

async fn place(
    stores: &Stores,
    model: &mut Model,
    user: &User,
    items: &[(usize, i64)],
    key: Option<u8>,
) {
    let lines: Vec<_> = items
        .iter()
        .map(|(product, quantity)| (model.ids[*product], *quantity))
        .collect();
    let record = order_record(user.id, &lines);
    let record = match key {
        Some(key) => with_key(record, &key.to_string()),
        None => record,
    };
    let known = key.and_then(|key| model.keys.get(&key).copied());
    let short: Vec<_> = (0..items.len())
        .filter(|line| model.stock[items[*line].0] < items[*line].1)
        .collect();
    match (stores.ports.orders.place(record).await.unwrap(), known) {
        (Placement::Replayed(order), Some(known)) => {
            assert_eq!(order.id, model.orders[known].id);
            assert_eq!(model.orders[known].items, items);
            assert_eq!(order.status, OrderStatus::Pending);
        }
        (Placement::KeyReused, Some(known)) => assert_ne!(model.orders[known].items, items),
        (Placement::Refused(PlacementRefusal::Short(shortages)), None) => {
            let named: Vec<_> = shortages.iter().map(|shortage| shortage.item).collect();
            assert_eq!(named, short);
        }
        (Placement::Placed(order), None) => {
            assert_eq!(short, [0; 0]);
            if let Some(key) = key {
                model.keys.insert(key, model.orders.len());
            }
            model.placed(items, &order);
        }
        (other, known) => panic!("{other:?} where {known:?} had the key"),
    }
}

async fn step(stores: &Stores, model: &mut Model, order: usize, to: OrderStatus) {
    if model.orders.is_empty() {
        return;
    }
    let order = order % model.orders.len();
    let seen = stores
        .ports
        .orders
        .find(model.orders[order].id)
        .await
        .unwrap();
    let seen = seen.unwrap();
    let may = model.orders[order].status.may_become(to);
    let moved = match stores.ports.orders.change(seen.id, order_step(to)).await {
        Ok(moved) => moved,
        refused => {
            assert!(!may && is_refused(&refused), "{refused:?}");
            return;
        }
    };
    assert!(may);
    assert_eq!(moved.version, Version::new(seen.version.get() + 1));
    model.orders[order].status = to;
    if to == OrderStatus::Cancelled {
        model.give_back(order);
    }
}

async fn adjust(stores: &Stores, model: &mut Model, product: usize, stock: StockChange) {
    let patch = ProductPatch {
        stock: Some(stock),
        ..ProductPatch::default()
    };
    let adjust: Decide<Product> = Arc::new(move |product| Ok(product.change(&patch, later())?));
    let after = match stock {
        StockChange::Set(stock) => i64::try_from(stock.get()).unwrap(),
        StockChange::Add(delta) => model.stock[product] + delta.get(),
    };
    match stores
        .ports
        .products
        .change(model.ids[product], adjust)
        .await
    {
        Ok(_) => model.stock[product] = after,
        refused => assert!(after < 0 && is_refused(&refused), "{refused:?}"),
    }
    assert!(model.stock[product] >= 0);
}

async fn price(stores: &Stores, model: &mut Model, product: usize, cents: i64) {
    let edit = product_edit(move |product| product.price = cents.try_into().unwrap());
    let change = stores.ports.products.change(model.ids[product], edit);
    change.await.unwrap();
    model.prices[product] = cents;
}

async fn expire(stores: &Stores, model: &mut Model) {
    let pending: Vec<_> = (0..model.orders.len())
        .filter(|order| model.orders[*order].status == OrderStatus::Pending)
        .collect();
    let count = stores
        .ports
        .orders
        .cancel_overdue(later(), later())
        .await
        .unwrap();
    assert_eq!(usize::try_from(count).unwrap(), pending.len());
    for order in pending {
        model.give_back(order);
    }
}

async fn compare(stores: &Stores, model: &Model) {
    for (product, id) in model.ids.iter().enumerate() {
        let found = stores.ports.products.find(*id).await.unwrap().unwrap();
        let stock = i64::try_from(found.stock.get()).unwrap();
        assert_eq!(stock, model.stock[product]);
    }
    for known in &model.orders {
        let found = stores.ports.orders.find(known.id).await.unwrap().unwrap();
        let total = i64::try_from(found.total.cents()).unwrap();
        assert_eq!((found.status, total), (known.status, known.total));
    }
    stores.assert_books_balance().await;
}

async fn run(stores: &Stores, user: &User, operations: Vec<Operation>) {
    // What another run has left is not to be counted.
    let left_over = stores.ports.orders.cancel_overdue(later(), later()).await;
    left_over.unwrap();
    let mut model = Model {
        ids: Vec::new(),
        stock: vec![10; PRODUCTS],
        prices: vec![5; PRODUCTS],
        orders: Vec::new(),
        keys: HashMap::new(),
    };
    for _ in 0..PRODUCTS {
        model.ids.push(stores.product(5, 10).await.id);
    }
    for operation in operations {
        match operation {
            Operation::Place { items, key } => {
                place(stores, &mut model, user, &items, key).await;
            }
            Operation::Step { order, to } => step(stores, &mut model, order, to).await,
            Operation::Move { product, stock } => {
                adjust(stores, &mut model, product, stock).await;
            }
            Operation::Price { product, cents } => {
                price(stores, &mut model, product, cents).await;
            }
            Operation::Expire => expire(stores, &mut model).await,
        }
    }
    compare(stores, &model).await;
}

#[rstest]
fn stock_ledger_orders_and_totals_stay_consistent(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stores = runtime.block_on(stores(kind));
    let config = Config {
        cases: 16,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let operations = prop::collection::vec(operation(), 1..40);
    runner
        .run(&operations, |operations| {
            // Keys are a user's own: a new user knows none.
            runtime.block_on(async {
                let user = stores.user().await;
                run(&stores, &user, operations).await;
            });
            Ok(())
        })
        .unwrap();
}
