//! What the ports promise, as the testkit tests it, on SQLite and on PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hexpress_app::Ports;
use hexpress_domain::clock::Clock;
use hexpress_infra::auth::{DieselLoginGuard, QueueingLoginGuard};
use hexpress_infra::cache::{Cache, CacheOptions};
use hexpress_infra::cached;
use hexpress_infra::order::QueueingOrderRepository;
use hexpress_test_support::Kind;
use hexpress_testkit::login_guard::{Guards, LIMIT};
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::order::Shop;
use hexpress_testkit::samples::now;

use crate::support::{Stores, stores};

pub async fn open<S: for<'a> From<&'a Ports>>(kind: Kind) -> (S, Stores) {
    let stores = stores(kind).await;
    (S::from(&stores.ports), stores)
}

async fn guards(kind: Kind) -> (Guards, Stores) {
    let stores = stores(kind).await;
    let guard = |limit| Arc::new(DieselLoginGuard::new(stores.database.clone(), limit));
    let guards = Guards {
        limited: guard(LIMIT),
        unlimited: guard(0),
    };
    (guards, stores)
}

/// A clock that stands still at the time of the samples.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> DateTime<Utc> {
        now()
    }
}

/// Guards whose guesses wait a moment for others in flight.
async fn queueing_guards() -> (Guards, Stores) {
    let (guards, stores) = guards(Kind::Sqlite).await;
    let queueing = |guard| {
        let patience = Duration::from_millis(10);
        Arc::new(QueueingLoginGuard::new(guard, Arc::new(Stopped), patience))
    };
    let guards = Guards {
        limited: queueing(guards.limited),
        unlimited: queueing(guards.unlimited),
    };
    (guards, stores)
}

/// A shop whose orders queue for their keys before they take a connection.
async fn queueing_shop() -> (Shop, Stores) {
    let (shop, stores) = open::<Shop>(Kind::Sqlite).await;
    let orders = QueueingOrderRepository::new(shop.orders, Duration::from_secs(20));
    let shop = Shop {
        orders: Arc::new(orders),
        ..shop
    };
    (shop, stores)
}

/// Adapters behind the cache, on a store in memory.
async fn open_cached<S: for<'a> From<&'a Ports>>() -> (S, ()) {
    let ports = Arc::new(MemoryStore::default()).ports();
    (S::from(&cached(ports, &cache())), ())
}

pub fn cache() -> Cache {
    Cache::new(CacheOptions {
        max_bytes: 1024 * 1024,
        max_age: Duration::from_secs(60),
    })
}

mod sqlite {
    use super::*;

    hexpress_testkit::repository_promises!(|| open(Kind::Sqlite));

    mod login_guard {
        use super::*;

        hexpress_testkit::login_guard_promises!(|| guards(Kind::Sqlite));
    }
}

mod postgres {
    use super::*;

    hexpress_testkit::repository_promises!(|| open(Kind::Postgres));

    mod login_guard {
        use super::*;

        hexpress_testkit::login_guard_promises!(|| guards(Kind::Postgres));
    }
}

mod queueing {
    hexpress_testkit::login_guard_promises!(super::queueing_guards);
    hexpress_testkit::order_promises!(super::queueing_shop);
}

mod slow_cached {
    use super::*;

    hexpress_testkit::repository_promises!(open_cached);
}
