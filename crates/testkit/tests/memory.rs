//! The adapters in memory keep what the ports promise.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use hexpress_domain::entity::Liveness;
use hexpress_domain::post::{PostRepository, ViewCounter};
use hexpress_domain::user::UserRepository;
use hexpress_testkit::login_guard::{Guards, LIMIT};
use hexpress_testkit::memory::{MemoryLoginGuard, MemoryStore};
use hexpress_testkit::order::Shop;
use hexpress_testkit::post::Blog;
use hexpress_testkit::samples::{published, someone};
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

#[tokio::test]
async fn a_view_that_is_recorded_is_counted() {
    let store = Arc::new(MemoryStore::default());
    let users: &dyn UserRepository = &*store;
    let posts: &dyn PostRepository = &*store;
    let author = users.insert(someone()).await.unwrap();
    let post = posts
        .insert(published(&author, "On Computing"))
        .await
        .unwrap()
        .post;
    for _ in 0..3 {
        store.record(post.id);
    }
    let found = posts.find(post.id, Liveness::Live).await.unwrap();
    assert_eq!(found.unwrap().view_count, 3);
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
