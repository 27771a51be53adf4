use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use hexpress_domain::auth::{LoginAttempt, LoginGuard, Reservation};
use hexpress_infra::auth::DieselLoginGuard;
use hexpress_test_support::Kind;
use rstest::rstest;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::support::{Stores, now, race, stores};

/// Guesses that each pair of email and address has in a minute.
const LIMIT: u32 = 3;

struct Guarded {
    stores: Stores,
    guard: Arc<DieselLoginGuard>,
}

impl Guarded {
    async fn new(kind: Kind) -> Self {
        let stores = stores(kind).await;
        let guard = Arc::new(DieselLoginGuard::new(stores.database.clone(), LIMIT));
        Self { stores, guard }
    }

    async fn reserve(&self, attempt: LoginAttempt) -> Reservation {
        self.guard.reserve(attempt).await.unwrap()
    }

    async fn is_granted(&self, attempt: LoginAttempt) -> bool {
        self.reserve(attempt).await == Reservation::Granted
    }

    async fn counters(&self) -> Vec<Vec<Option<String>>> {
        let sql = "SELECT * FROM login_counters ORDER BY key";
        self.stores.raw.query_text(sql).await
    }
}

fn attempt(email: u32, address: u8) -> LoginAttempt {
    LoginAttempt {
        email: format!("user{email}@example.org").parse().unwrap(),
        address: std::net::IpAddr::from([192, 0, 2, address]).into(),
        at: now(),
    }
}

#[rstest]
#[tokio::test]
async fn each_pair_has_its_guesses_in_a_minute(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let guarded = Guarded::new(kind).await;
    for _ in 0..LIMIT {
        assert!(guarded.is_granted(attempt(1, 1)).await);
    }
    let Reservation::Refused { retry_after } = guarded.reserve(attempt(1, 1)).await else {
        panic!("granted beyond the limit");
    };
    assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_secs(60));
    assert!(guarded.is_granted(attempt(1, 2)).await);
    assert!(guarded.is_granted(attempt(2, 1)).await);

    let next_minute = LoginAttempt {
        at: now() + TimeDelta::seconds(60),
        ..attempt(1, 1)
    };
    assert!(guarded.is_granted(next_minute).await);
}

#[rstest]
#[tokio::test]
async fn each_address_has_five_times_as_many(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let guarded = Guarded::new(kind).await;
    for email in 0..5 * LIMIT {
        assert!(guarded.is_granted(attempt(email, 1)).await);
    }
    assert!(!guarded.is_granted(attempt(1_000, 1)).await);
    assert!(guarded.is_granted(attempt(1_000, 2)).await);
}

#[rstest]
#[tokio::test]
async fn each_email_has_ten_times_as_many_in_an_hour(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let guarded = Guarded::new(kind).await;
    for address in 0..30 {
        assert!(guarded.is_granted(attempt(1, address)).await);
    }
    assert!(!guarded.is_granted(attempt(1, 200)).await);
    let later = |minutes| LoginAttempt {
        at: now() + TimeDelta::minutes(minutes),
        ..attempt(1, 200)
    };
    assert!(!guarded.is_granted(later(59)).await);
    assert!(guarded.is_granted(later(60)).await);
}

#[rstest]
#[tokio::test]
async fn a_refused_guess_writes_nothing(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let guarded = Guarded::new(kind).await;
    for _ in 0..LIMIT {
        guarded.reserve(attempt(1, 1)).await;
    }
    let before = guarded.counters().await;
    assert_eq!(before.len(), 3);
    assert!(!guarded.is_granted(attempt(1, 1)).await);
    assert_eq!(guarded.counters().await, before);
}

#[rstest]
#[tokio::test]
async fn racing_guesses_do_not_pass_the_limit_together(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let guarded = Guarded::new(kind).await;
    let outcomes = race((0..30).map(|_| {
        let guard = Arc::clone(&guarded.guard);
        async move { guard.reserve(attempt(1, 1)).await.unwrap() }
    }))
    .await;
    let granted = outcomes
        .iter()
        .filter(|outcome| **outcome == Reservation::Granted);
    assert_eq!(granted.count(), 3);

    let counts = guarded
        .stores
        .raw
        .query_text("SELECT count FROM login_counters")
        .await;
    let of_the_granted = vec![Some("3".to_owned())];
    assert_eq!(
        counts,
        vec![of_the_granted; 3],
        "a refused guess was counted"
    );
}

#[rstest]
#[tokio::test]
async fn a_guess_that_was_right_is_taken_back(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let guarded = Guarded::new(kind).await;
    for _ in 0..20 * LIMIT {
        assert!(guarded.is_granted(attempt(1, 1)).await);
        guarded.guard.release(attempt(1, 1)).await;
    }
}

/// Counts what is logged.
#[derive(Clone, Default)]
struct Log(Arc<AtomicU32>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("hexpress") && *metadata.level() <= Level::WARN
    }

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[rstest]
#[tokio::test]
async fn a_guess_that_cannot_be_taken_back_is_logged(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let guarded = Guarded::new(kind).await;
    let drop = "DROP TABLE login_counters";
    guarded.stores.raw.execute(drop).await;
    let log = Log::default();
    let _listening = tracing::subscriber::set_default(log.clone());
    guarded.guard.release(attempt(1, 1)).await;
    assert_eq!(log.0.load(Ordering::Relaxed), 1);
}

#[rstest]
#[tokio::test]
async fn a_limit_of_nothing_is_no_limit(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let guarded = Guarded::new(kind).await;
    let off = DieselLoginGuard::new(guarded.stores.database.clone(), 0);
    for _ in 0..100 {
        assert_eq!(
            off.reserve(attempt(1, 1)).await.unwrap(),
            Reservation::Granted
        );
    }
    assert!(guarded.counters().await.is_empty());
}

#[rstest]
#[tokio::test]
async fn counters_hold_no_address_and_are_swept(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let guarded = Guarded::new(kind).await;
    guarded.reserve(attempt(1, 1)).await;
    let stored = format!("{:?}", guarded.counters().await);
    assert!(!stored.contains("example.org") && !stored.contains("192.0.2.1"));

    let sweep = async |minutes| {
        let at = now() + TimeDelta::minutes(minutes);
        guarded.guard.sweep(at).await.unwrap()
    };
    assert_eq!(sweep(0).await, 0);
    assert_eq!(sweep(1).await, 2);
    assert_eq!(sweep(60).await, 1);
    assert!(guarded.counters().await.is_empty());
}
