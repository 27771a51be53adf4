//! The adapters in memory keep what the ports promise.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use hexpress_app::Ports;
use hexpress_domain::entity::Liveness;
use hexpress_domain::post::{PostRepository, ViewCounter};
use hexpress_domain::user::UserRepository;
use hexpress_testkit::login_guard::{Guards, LIMIT};
use hexpress_testkit::memory::{MemoryLoginGuard, MemoryStore};
use hexpress_testkit::samples::{published, someone};

async fn open<S: for<'a> From<&'a Ports>>() -> (S, ()) {
    let store = Arc::new(MemoryStore::default());
    (S::from(&store.ports()), ())
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

mod login_guard {
    hexpress_testkit::login_guard_promises!(super::guards);
}

hexpress_testkit::repository_promises!(open);
