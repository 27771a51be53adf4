//! What the cache promises beside the ports that it decorates.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::auth::{Revocation, SessionRecord, TokenRepository};
use hexpress_domain::order::{OrderStatus, Placement};
use hexpress_domain::post::{PostQuery, PostScope};
use hexpress_domain::product::{ProductId, ProductQuery};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{Role, User, UserId, UserRepository};
use hexpress_infra::cache::{CALLER_WAIT, Cache};
use hexpress_infra::cached;
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::samples::{
    deactivation, is_refused, later, name, named, new_password, nothing, now, order_record,
    order_step, post_deletion, product_record, published, refusal, renaming, session, someone,
    unknown, user_deletion, user_edit, user_record, with_key,
};
use tokio::time::Instant;

use crate::promises::cache;

struct Cached {
    users: Arc<dyn UserRepository>,
    tokens: Arc<dyn TokenRepository>,
}

impl Cached {
    fn new() -> Self {
        let (cache, store) = (cache(), Arc::new(MemoryStore::default()));
        Self {
            users: cache.users(store.clone()),
            tokens: cache.tokens(store),
        }
    }

    async fn user(&self) -> User {
        self.users.insert(someone()).await.unwrap()
    }

    async fn session_until(&self, expires_at: DateTime<Utc>) -> SessionRecord {
        let session = SessionRecord {
            expires_at,
            ..session(self.user().await.id)
        };
        self.tokens.open_session(session.clone()).await.unwrap();
        session
    }

    async fn knows(&self, session: &SessionRecord, at: DateTime<Utc>) -> bool {
        let found = self.tokens.authenticate(session.digest, at).await;
        found.unwrap().is_some()
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_second_to_take_rights_away_waits_as_well() {
    let cached = Cached::new();
    let user = cached.user().await;
    let first = cached.users.change(user.id, deactivation()).await;
    assert!(!first.unwrap().is_active);

    // What the second is to change has happened already.
    for decide in [
        nothing(),
        refusal(),
        deactivation(),
        user_deletion(),
        refusal(),
    ] {
        let begun = Instant::now();
        cached.users.change(user.id, decide).await.ok();
        assert!(begun.elapsed() >= CALLER_WAIT);
    }

    // A change of the name takes no rights away.
    let begun = Instant::now();
    let renamed = user_edit(|change| change.user.name = name("Grace", "Hopper"));
    cached.users.change(user.id, renamed).await.unwrap();
    assert!(begun.elapsed() < CALLER_WAIT);
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_takes_no_rights_away_is_answered_at_once() {
    let cached = Cached::new();
    let user = cached.user().await;
    for decide in [nothing(), refusal()] {
        let begun = Instant::now();
        cached.users.change(user.id, decide).await.ok();
        assert!(begun.elapsed() < CALLER_WAIT);
    }
    for decide in [
        user_edit(|change| change.user.role = Role::Moderator),
        new_password(Revocation::All),
        deactivation(),
    ] {
        let begun = Instant::now();
        cached.users.change(user.id, decide).await.unwrap();
        assert!(begun.elapsed() >= CALLER_WAIT);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_used_in_time_goes_on_beyond_its_old_end() {
    let cached = Cached::new();
    let session = cached.session_until(later()).await;
    assert!(cached.knows(&session, now()).await);
    let at = later() - TimeDelta::milliseconds(1);
    cached
        .tokens
        .record_use(session.id, at, Some(later() + TimeDelta::days(1)));
    // What was read before the use is still kept.
    assert!(cached.knows(&session, later()).await);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_not_used_ends_although_it_is_kept() {
    let cached = Cached::new();
    let session = cached.session_until(later()).await;
    assert!(cached.knows(&session, now()).await);
    assert!(!cached.knows(&session, later()).await);
}

/// How often lists were read from the store.
fn lists_read(cache: &Cache) -> u64 {
    let pages = cache.status();
    let pages = pages.iter().filter(|kind| kind.name.ends_with("_pages"));
    pages.map(|kind| kind.misses).sum()
}

#[tokio::test(start_paused = true)]
async fn refused_writes_leave_the_lists_in_memory() {
    let cache = cache();
    let ports = cached(Arc::new(MemoryStore::default()).ports(), &cache);
    let show = async || {
        let posts = ports
            .post_reader
            .show_list(PostScope::Published, PostQuery::default());
        posts.await.unwrap();
        ports
            .product_reader
            .show_list(ProductQuery::default())
            .await
            .unwrap();
    };

    let ada = ports
        .users
        .insert(user_record("ada@example.org"))
        .await
        .unwrap();
    let grace = ports
        .users
        .insert(user_record("grace@example.org"))
        .await
        .unwrap();
    let taken = ports
        .posts
        .insert(named(published(&ada, "One"), "taken"))
        .await
        .unwrap();
    let post = ports
        .posts
        .insert(published(&ada, "Two"))
        .await
        .unwrap()
        .post;
    let product = ports
        .products
        .insert(product_record("Pen", 100, 5))
        .await
        .unwrap();
    let order = |quantity| order_record(ada.id, &[(product.id, quantity)]);
    let placed = with_key(order(1), "key");
    ports.orders.place(placed.clone()).await.unwrap();
    let Placement::Placed(own) = ports.orders.place(order(1)).await.unwrap() else {
        panic!("refused");
    };
    show().await;
    let before = lists_read(&cache);

    let duplicate = ports
        .posts
        .insert(named(published(&ada, "Three"), "taken"))
        .await;
    assert!(matches!(duplicate, Err(RepositoryError::Duplicate(_))));
    let duplicate = ports.posts.change(post.id, renaming("taken")).await;
    assert!(matches!(duplicate, Err(RepositoryError::Duplicate(_))));
    let nobody = User {
        id: UserId::new(unknown()),
        ..ada.clone()
    };
    let unknown_author = ports.posts.insert(published(&nobody, "Four")).await;
    assert!(matches!(unknown_author, Err(RepositoryError::Conflict(_))));
    assert!(is_refused(
        &ports.posts.change(taken.post.id, refusal()).await
    ));

    let ada_email = ada.email.clone();
    let same_email = user_edit(move |change| change.user.email = ada_email.clone());
    let duplicate = ports.users.change(grace.id, same_email).await;
    assert!(matches!(duplicate, Err(RepositoryError::Duplicate(_))));
    assert!(is_refused(&ports.users.change(grace.id, refusal()).await));

    assert!(is_refused(
        &ports.products.change(product.id, refusal()).await
    ));
    let unknown = ports
        .products
        .change(ProductId::new(unknown()), refusal())
        .await;
    assert!(matches!(unknown, Err(RepositoryError::NotFound)));
    let short = ports.orders.place(order(1_000)).await.unwrap();
    assert!(matches!(short, Placement::Refused(_)));
    let replayed = ports.orders.place(placed.clone()).await.unwrap();
    assert!(matches!(replayed, Placement::Replayed(_)));
    let reused = ports.orders.place(with_key(order(2), "key")).await.unwrap();
    assert_eq!(reused, Placement::KeyReused);
    assert!(is_refused(&ports.orders.change(own.id, refusal()).await));
    assert_eq!(
        ports
            .orders
            .cancel_overdue(now() - TimeDelta::days(1), now())
            .await
            .unwrap(),
        0
    );

    show().await;
    assert_eq!(lists_read(&cache), before);

    ports
        .orders
        .change(own.id, order_step(OrderStatus::Cancelled))
        .await
        .unwrap();
    ports.posts.change(post.id, post_deletion()).await.unwrap();
    show().await;
    assert_eq!(lists_read(&cache), before + 2);
}
