//! What the cache promises beside the ports that it decorates.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::auth::{Revocation, SessionRecord, TokenRepository};
use hexpress_domain::user::{Role, User, UserRepository};
use hexpress_infra::cache::CALLER_WAIT;
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::samples::{
    deactivation, later, name, new_password, nothing, now, refusal, session, someone,
    user_deletion, user_edit,
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
