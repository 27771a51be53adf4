//! What the ports promise, as the testkit tests it, on SQLite and on PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use hexpress_infra::auth::DieselLoginGuard;
use hexpress_infra::cache::{Cache, CacheOptions};
use hexpress_infra::order::QueueingOrderRepository;
use hexpress_test_support::Kind;
use hexpress_testkit::login_guard::{Guards, LIMIT};
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::order::Shop;
use hexpress_testkit::post::Blog;
use hexpress_testkit::user::Accounts;

use crate::support::{Stores, stores};

async fn accounts(kind: Kind) -> (Accounts, Stores) {
    let stores = stores(kind).await;
    let accounts = Accounts {
        users: stores.users.clone(),
        tokens: stores.tokens.clone(),
    };
    (accounts, stores)
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

async fn blog(kind: Kind) -> (Blog, Stores) {
    let stores = stores(kind).await;
    let blog = Blog {
        users: stores.users.clone(),
        posts: stores.posts.clone(),
        views: stores.views.clone(),
    };
    (blog, stores)
}

pub async fn shop(kind: Kind) -> (Shop, Stores) {
    let stores = stores(kind).await;
    let shop = Shop {
        users: stores.users.clone(),
        products: stores.products.clone(),
        orders: stores.orders.clone(),
    };
    (shop, stores)
}

/// A shop whose orders queue for their keys before they take a connection.
async fn queueing_shop() -> (Shop, Stores) {
    let (shop, stores) = shop(Kind::Sqlite).await;
    let orders = QueueingOrderRepository::new(shop.orders, Duration::from_secs(20));
    let shop = Shop {
        orders: Arc::new(orders),
        ..shop
    };
    (shop, stores)
}

/// Adapters behind the cache, on a store in memory.
async fn cached_accounts() -> (Accounts, ()) {
    let (cache, store) = (cache(), Arc::new(MemoryStore::default()));
    let accounts = Accounts {
        users: cache.users(store.clone()),
        tokens: cache.tokens(store),
    };
    (accounts, ())
}

async fn cached_blog() -> (Blog, ()) {
    let (cache, store) = (cache(), Arc::new(MemoryStore::default()));
    let blog = Blog {
        users: cache.users(store.clone()),
        posts: cache.posts(store.clone()).0,
        views: store,
    };
    (blog, ())
}

async fn cached_shop() -> (Shop, ()) {
    let (cache, store) = (cache(), Arc::new(MemoryStore::default()));
    let shop = Shop {
        users: cache.users(store.clone()),
        products: cache.products(store.clone()).0,
        orders: cache.orders(store),
    };
    (shop, ())
}

pub fn cache() -> Cache {
    Cache::new(CacheOptions {
        max_bytes: 1024 * 1024,
        max_age: Duration::from_secs(60),
    })
}

mod sqlite {
    use super::*;

    mod user {
        use super::*;

        hexpress_testkit::user_promises!(|| accounts(Kind::Sqlite));
    }

    mod token {
        use super::*;

        hexpress_testkit::token_promises!(|| accounts(Kind::Sqlite));
    }

    mod login_guard {
        use super::*;

        hexpress_testkit::login_guard_promises!(|| guards(Kind::Sqlite));
    }

    mod post {
        use super::*;

        hexpress_testkit::post_promises!(|| blog(Kind::Sqlite));
    }

    mod view {
        use super::*;

        hexpress_testkit::view_promises!(|| blog(Kind::Sqlite));
    }

    mod product {
        use super::*;

        hexpress_testkit::product_promises!(|| shop(Kind::Sqlite));
    }

    mod order {
        use super::*;

        hexpress_testkit::order_promises!(|| shop(Kind::Sqlite));
    }
}

mod postgres {
    use super::*;

    mod user {
        use super::*;

        hexpress_testkit::user_promises!(|| accounts(Kind::Postgres));
    }

    mod token {
        use super::*;

        hexpress_testkit::token_promises!(|| accounts(Kind::Postgres));
    }

    mod login_guard {
        use super::*;

        hexpress_testkit::login_guard_promises!(|| guards(Kind::Postgres));
    }

    mod post {
        use super::*;

        hexpress_testkit::post_promises!(|| blog(Kind::Postgres));
    }

    mod view {
        use super::*;

        hexpress_testkit::view_promises!(|| blog(Kind::Postgres));
    }

    mod product {
        use super::*;

        hexpress_testkit::product_promises!(|| shop(Kind::Postgres));
    }

    mod order {
        use super::*;

        hexpress_testkit::order_promises!(|| shop(Kind::Postgres));
    }
}

mod queueing {
    hexpress_testkit::order_promises!(super::queueing_shop);
}

mod slow_cached {
    mod user {
        hexpress_testkit::user_promises!(super::super::cached_accounts);
    }

    mod token {
        hexpress_testkit::token_promises!(super::super::cached_accounts);
    }

    mod post {
        hexpress_testkit::post_promises!(super::super::cached_blog);
    }

    mod product {
        hexpress_testkit::product_promises!(super::super::cached_shop);
    }

    mod order {
        hexpress_testkit::order_promises!(super::super::cached_shop);
    }
}
