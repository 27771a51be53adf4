//! The adapters in memory keep what the ports promise.

use std::sync::Arc;

use hexpress_testkit::login_guard::{Guards, LIMIT};
use hexpress_testkit::memory::{MemoryLoginGuard, MemoryStore};
use hexpress_testkit::order::Shop;
use hexpress_testkit::post::Blog;
use hexpress_testkit::user::Accounts;

async fn accounts() -> (Accounts, ()) {
    let store = Arc::new(MemoryStore::default());
    let accounts = Accounts {
        users: store.clone(),
        tokens: store,
    };
    (accounts, ())
}

async fn blog() -> (Blog, ()) {
    let store = Arc::new(MemoryStore::default());
    let blog = Blog {
        users: store.clone(),
        posts: store.clone(),
        views: store,
    };
    (blog, ())
}

async fn shop() -> (Shop, ()) {
    let store = Arc::new(MemoryStore::default());
    let shop = Shop {
        users: store.clone(),
        products: store.clone(),
        orders: store,
    };
    (shop, ())
}

async fn guards() -> (Guards, ()) {
    let guards = Guards {
        limited: Arc::new(MemoryLoginGuard::new(LIMIT)),
        unlimited: Arc::new(MemoryLoginGuard::new(0)),
    };
    (guards, ())
}

mod user {
    hexpress_testkit::user_promises!(super::accounts);
}

mod token {
    hexpress_testkit::token_promises!(super::accounts);
}

mod login_guard {
    hexpress_testkit::login_guard_promises!(super::guards);
}

mod post {
    hexpress_testkit::post_promises!(super::blog);
}

mod product {
    hexpress_testkit::product_promises!(super::shop);
}

mod order {
    hexpress_testkit::order_promises!(super::shop);
}

mod view {
    hexpress_testkit::view_promises!(super::blog);
}
