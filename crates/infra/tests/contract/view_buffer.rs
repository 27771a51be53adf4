//! The buffer of views, above a store that the test plays.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::clock::Clock;
use hexpress_domain::post::PostId;
use hexpress_domain::post::{ViewBatch, ViewCounter, ViewRepository};
use hexpress_domain::repository::RepositoryError;
use hexpress_infra::post::BufferedViewCounter;
use hexpress_infra::security::{SystemClock, UuidV7Generator};
use hexpress_test_support::Kind;
use hexpress_testkit::samples::{now, published};
use rstest::rstest;
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use crate::support::stores;

/// Adds batches as the port says: each once. Fails as often as it is told to, and may
/// have added a batch all the same.
#[derive(Default)]
struct Store {
    added: Mutex<HashMap<Uuid, ViewBatch>>,
    /// For each call to come, first to last, whether a failure comes after the fact.
    failures: Mutex<Vec<AfterTheFact>>,
    is_down: bool,
    /// Whether every call fails by a fault that stays.
    is_broken: AtomicBool,
    calls: AtomicU32,
    called: Notify,
}

type AfterTheFact = bool;

impl Store {
    fn failing(failures: &[AfterTheFact]) -> Arc<Self> {
        Arc::new(Self {
            failures: Mutex::new(failures.to_vec()),
            ..Self::default()
        })
    }

    fn views_of(&self, id: PostId) -> u64 {
        let added = self.added.lock().unwrap();
        let views = added.values().flat_map(|batch| &batch.views);
        views
            .filter(|(of, _)| *of == id)
            .map(|(_, views)| views)
            .sum()
    }

    fn batches(&self) -> usize {
        self.added.lock().unwrap().len()
    }
}

#[async_trait]
impl ViewRepository for Store {
    async fn add(&self, batch: ViewBatch) -> Result<(), RepositoryError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.called.notify_one();
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(RepositoryError::Internal("broken".into()));
        }
        let failure = match &mut *self.failures.lock().unwrap() {
            _ if self.is_down => Some(false),
            failures if failures.is_empty() => None,
            failures => Some(failures.remove(0)),
        };
        if failure != Some(false) {
            let id = batch.id.as_uuid();
            self.added.lock().unwrap().entry(id).or_insert(batch);
        }
        match failure {
            Some(_) => Err(RepositoryError::Unavailable("down".into())),
            None => Ok(()),
        }
    }

    async fn forget_batches(&self, _: DateTime<Utc>) -> Result<u64, RepositoryError> {
        Ok(0)
    }
}

fn post(number: u128) -> PostId {
    PostId::new(Uuid::from_u128(number))
}

fn counter(store: Arc<dyn ViewRepository>) -> BufferedViewCounter {
    BufferedViewCounter::start(store, Arc::new(SystemClock), Arc::new(UuidV7Generator))
}

/// A clock that the test sets.
struct SetClock(Mutex<DateTime<Utc>>);

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(start_paused = true)]
async fn views_arrive_within_a_second_in_one_batch() {
    let store = Store::failing(&[]);
    let counter = counter(store.clone());
    for _ in 0..1_000 {
        counter.record(post(1));
    }
    counter.record(post(2));
    assert_eq!(counter.waiting(), 1_001);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(counter.waiting(), 0);
    assert_eq!(
        (store.views_of(post(1)), store.views_of(post(2))),
        (1_000, 1)
    );
    assert_eq!(store.batches(), 1);
    counter.record(post(1));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(store.views_of(post(1)), 1_001);
    assert_eq!(counter.lost(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_loses_nothing_and_counts_nothing_twice() {
    let store = Store::failing(&[false, true, true, false]);
    let counter = counter(store.clone());
    for _ in 0..10 {
        counter.record(post(1));
        tokio::time::sleep(BufferedViewCounter::INTERVAL).await;
    }
    assert!(counter.close(PATIENCE).await);
    assert_eq!(store.views_of(post(1)), 10);
    assert_eq!(counter.lost(), 0);
}

#[tokio::test(start_paused = true)]
async fn closing_sends_what_waits_even_if_it_has_to_try_again() {
    let store = Store::failing(&[false, true, false]);
    let counter = counter(store.clone());
    counter.record(post(1));
    assert!(counter.close(PATIENCE).await);
    assert_eq!(store.views_of(post(1)), 1);
    assert!(counter.close(PATIENCE).await);
}

#[tokio::test(start_paused = true)]
async fn views_after_the_end_are_lost_and_counted_so() {
    let store = Store::failing(&[]);
    let counter = counter(store.clone());
    assert!(counter.close(PATIENCE).await);
    counter.record(post(1));
    assert_eq!((counter.lost(), store.batches()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn closing_gives_up_at_the_limit_and_says_what_is_lost() {
    let store = Arc::new(Store {
        is_down: true,
        ..Store::default()
    });
    let counter = counter(store.clone());
    counter.record(post(1));
    store.called.notified().await;
    // One view is in a batch that failed, two are in the buffer.
    counter.record(post(1));
    counter.record(post(2));
    assert_eq!((counter.waiting(), counter.lost()), (3, 0));
    assert!(!counter.close(Duration::from_secs(5)).await);
    assert_eq!((counter.waiting(), counter.lost()), (0, 3));
    assert!(!counter.close(Duration::from_secs(5)).await);
}

#[tokio::test(start_paused = true)]
async fn the_buffer_is_bounded_by_posts() {
    let store = Arc::new(Store {
        is_down: true,
        ..Store::default()
    });
    let counter = counter(store.clone());
    let most = u128::try_from(BufferedViewCounter::MAX_POSTS).unwrap();
    for number in 0..most {
        counter.record(post(number));
    }
    assert_eq!(counter.lost(), 0);
    counter.record(post(most));
    counter.record(post(0));
    assert_eq!(counter.lost(), 1);
}

/// Wherever in its interval the buffer is.
#[tokio::test(start_paused = true)]
async fn no_view_waits_longer_than_a_second() {
    let store = Store::failing(&[]);
    let counter = counter(store.clone());
    for number in 0..20 {
        tokio::time::sleep(Duration::from_millis(70)).await;
        counter.record(post(number));
        let recorded = Instant::now();
        while store.views_of(post(number)) == 0 {
            store.called.notified().await;
        }
        assert!(recorded.elapsed() <= Duration::from_secs(1));
    }
}

/// Another instance may have swept the id of a batch that was added, though the answer
/// was lost on the way.
#[rstest]
#[case(ViewBatch::SENT_AGAIN_FOR - TimeDelta::seconds(1), 1, 0)]
#[case(ViewBatch::SENT_AGAIN_FOR, 0, 1)]
#[tokio::test(start_paused = true)]
async fn a_batch_is_not_sent_again_when_its_id_may_be_forgotten(
    #[case] age: TimeDelta,
    #[case] added: u64,
    #[case] lost: u64,
) {
    let store = Store::failing(&[true]);
    let clock = Arc::new(SetClock(Mutex::new(now())));
    let (repository, ids) = (Arc::clone(&store), Arc::new(UuidV7Generator));
    let counter = BufferedViewCounter::start(repository, clock.clone(), ids);
    counter.record(post(1));
    store.called.notified().await;
    *clock.0.lock().unwrap() = now() + age;
    store.added.lock().unwrap().clear();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((store.views_of(post(1)), counter.lost()), (added, lost));
    counter.record(post(2));
    assert!(counter.close(PATIENCE).await);
    assert_eq!((store.views_of(post(2)), counter.lost()), (1, lost));
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_a_fault_refuses_is_given_up_and_others_are_added() {
    let store = Store::failing(&[]);
    store.is_broken.store(true, Ordering::Relaxed);
    let counter = counter(store.clone());
    counter.record(post(1));
    tokio::time::sleep(BufferedViewCounter::INTERVAL * (BufferedViewCounter::TRIES + 5)).await;
    assert_eq!(
        store.calls.load(Ordering::Relaxed),
        BufferedViewCounter::TRIES
    );
    assert_eq!((counter.waiting(), counter.lost()), (0, 1));
    store.is_broken.store(false, Ordering::Relaxed);
    counter.record(post(2));
    assert!(counter.close(PATIENCE).await);
    assert_eq!((store.views_of(post(2)), counter.lost()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_no_fault_however_long() {
    let tries = usize::try_from(BufferedViewCounter::TRIES).unwrap();
    let store = Store::failing(&vec![false; tries * 3]);
    let counter = counter(store.clone());
    counter.record(post(1));
    assert!(counter.close(PATIENCE).await);
    assert_eq!((store.views_of(post(1)), counter.lost()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn closing_says_that_a_fault_has_cost_views() {
    let store = Store::failing(&[]);
    store.is_broken.store(true, Ordering::Relaxed);
    let counter = counter(store.clone());
    counter.record(post(1));
    assert!(!counter.close(PATIENCE).await);
    assert_eq!(counter.lost(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_racing_views_are_a_thousand(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let id = stores
        .post(published(&author, "On Computing"))
        .await
        .post
        .id;
    let counter = Arc::new(counter(Arc::clone(&stores.ports.view_batches)));
    let readers: Vec<_> = (0..1_000)
        .map(|_| {
            let counter = Arc::clone(&counter);
            tokio::spawn(async move { counter.record(id) })
        })
        .collect();
    for reader in readers {
        reader.await.unwrap();
    }
    assert!(counter.close(PATIENCE).await);
    assert_eq!(stores.found(id).await.unwrap().view_count, 1_000);
}
