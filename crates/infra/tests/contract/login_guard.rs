//! What the counters hold, and what is logged of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hexpress_domain::auth::{LoginGuard, Reservation};
use hexpress_infra::auth::DieselLoginGuard;
use hexpress_test_support::Kind;
use hexpress_testkit::samples::attempt;
use rstest::rstest;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::support::{Stores, stores};

const COUNTERS: &str = "SELECT * FROM login_counters ORDER BY key";

#[rstest]
#[tokio::test]
async fn counters_hold_no_address_and_refused_guesses_leave_them_alone(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let guard = guard(&stores, 1);
    let outcome = guard.reserve(attempt(1, 1)).await.unwrap();
    assert!(matches!(outcome, Reservation::Granted { .. }));
    let before = stores.raw.query_text(COUNTERS).await;
    assert_eq!(before.len(), 3);
    let stored = format!("{before:?}");
    assert!(!stored.contains("example.org") && !stored.contains("192.0.2.1"));

    let outcome = guard.reserve(attempt(1, 1)).await.unwrap();
    assert_eq!(outcome, Reservation::Pending);
    assert_eq!(stores.raw.query_text(COUNTERS).await, before);
}

#[rstest]
#[tokio::test]
async fn a_limit_of_nothing_writes_nothing(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    guard(&stores, 0).reserve(attempt(1, 1)).await.unwrap();
    assert!(stores.raw.query_text(COUNTERS).await.is_empty());
}

/// So that instances of the version before can go on beside those of this one, or come back.
#[rstest]
#[tokio::test]
async fn the_version_before_sees_failed_guesses_alone(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let counts = async || {
        let counts = "SELECT count FROM login_counters";
        let counts = stores.raw.query_text(counts).await;
        counts.into_iter().flatten().flatten().collect::<Vec<_>>()
    };
    let guard = guard(&stores, 1);
    guard.reserve(attempt(1, 1)).await.unwrap();
    assert_eq!(counts().await, ["0", "0", "0"]);
    guard.fail(attempt(1, 1)).await;
    assert_eq!(counts().await, ["1", "1", "1"]);
}

fn guard(stores: &Stores, limit: u32) -> DieselLoginGuard {
    DieselLoginGuard::new(stores.database.clone(), limit)
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
    let stores = stores(kind).await;
    stores.raw.execute("DROP TABLE login_counters").await;
    let log = Log::default();
    let _listening = tracing::subscriber::set_default(log.clone());
    guard(&stores, 1).release(attempt(1, 1)).await;
    assert_eq!(log.0.load(Ordering::Relaxed), 1);
}
