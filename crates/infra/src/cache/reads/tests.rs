use std::sync::atomic::AtomicUsize;

use hexpress_domain::product::ProductId;
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

use super::*;

const MAX_AGE: Duration = Duration::from_millis(500);
const KEY: u8 = 1;

/// What the reads of these tests find.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Number(u64);

impl Kept for Number {
    type Key = u8;

    fn weight(&self) -> u64 {
        4096
    }

    fn subjects(key: &u8, _: Option<&Self>) -> impl Iterator<Item = Subject> {
        [subject(*key)].into_iter()
    }
}

fn subject(key: u8) -> Subject {
    Subject::Product(ProductId::new(Uuid::from_u128(key.into())))
}

struct Fixture {
    reads: Arc<Reads<Number>>,
    invalidations: Arc<Invalidations>,
}

impl Fixture {
    fn of(max_bytes: u64, max_age: Duration) -> Self {
        let invalidations = Arc::new(Invalidations::default());
        Self {
            reads: Reads::new("numbers", max_bytes, max_age, &invalidations),
            invalidations,
        }
    }

    fn new() -> Self {
        Self::of(1024 * 1024, MAX_AGE)
    }

    /// What is shown when the store holds this number.
    async fn get(&self, stored: u64) -> u64 {
        self.get_with(KEY, async { Ok(Number(stored)) }).await
    }

    async fn get_with(
        &self,
        key: u8,
        read: impl Future<Output = Result<Number, RepositoryError>> + Send,
    ) -> u64 {
        let Number(shown) = self
            .reads
            .get(&key, |found| Some(found), read)
            .await
            .unwrap();
        shown
    }
}

fn unavailable() -> RepositoryError {
    RepositoryError::Unavailable("the store is away".into())
}

#[tokio::test(start_paused = true)]
async fn what_was_read_is_shown_for_so_long_from_the_beginning_of_its_read() {
    let fixture = Fixture::new();
    let slow = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        Ok(Number(1))
    };
    assert_eq!(fixture.get_with(KEY, slow).await, 1);
    tokio::time::advance(Duration::from_millis(99)).await;
    assert_eq!(fixture.get(2).await, 1);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(fixture.get(2).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_write_makes_it_old_at_once_and_nothing_else() {
    let fixture = Fixture::new();
    assert_eq!(fixture.get(1).await, 1);
    fixture.invalidations.written([subject(KEY + 1)]);
    assert_eq!(fixture.get(2).await, 1);
    fixture.invalidations.written([subject(KEY)]);
    assert_eq!(fixture.get(2).await, 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_reader_finds_while_a_writer_writes_is_shown_to_nobody_else() {
    let fixture = Fixture::new();
    let overtaken = async {
        fixture.invalidations.written([subject(KEY)]);
        Ok(Number(1))
    };
    assert_eq!(fixture.get_with(KEY, overtaken).await, 1);
    assert_eq!(fixture.get(2).await, 2);
    assert_eq!(fixture.get(3).await, 2);
}

#[tokio::test(start_paused = true)]
async fn of_those_who_ask_at_once_one_reads() {
    let fixture = Fixture::new();
    let reads = AtomicUsize::new(0);
    let ask = || {
        fixture.get_with(KEY, async {
            reads.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(Number(1))
        })
    };
    let shown = futures_util::future::join_all((0..100).map(|_| ask())).await;
    assert_eq!(shown, [1; 100]);
    assert_eq!(reads.into_inner(), 1);
    let status = fixture.reads.status();
    assert_eq!((status.hits, status.misses), (99, 1));
}

#[tokio::test(start_paused = true)]
async fn who_asks_after_a_write_is_not_shown_a_read_that_began_before_it() {
    let fixture = Fixture::new();
    let (ends, end) = oneshot::channel::<()>();
    let early = fixture.get_with(KEY, async {
        end.await.unwrap();
        Ok(Number(1))
    });
    let late = async {
        fixture.invalidations.written([subject(KEY)]);
        let waits = fixture.get(2);
        ends.send(()).unwrap();
        waits.await
    };
    assert_eq!(tokio::join!(early, late), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_read_that_fails_reads_beside_the_others() {
    let fixture = Fixture::new();
    let together = Notify::new();
    let first = fixture
        .reads
        .get(&KEY, |found: &Number| Some(found), async {
            tokio::task::yield_now().await;
            Err(unavailable())
        });
    let second = fixture.get_with(KEY, async {
        together.notified().await;
        Ok(Number(2))
    });
    let third = fixture.get_with(KEY, async {
        together.notify_one();
        Ok(Number(3))
    });
    let (first, second, third) = tokio::join!(first, second, third);
    assert!(matches!(first, Err(RepositoryError::Unavailable(_))));
    assert_eq!((second, third), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_slow_read_that_fails_waits_for_no_other() {
    const SLOW: Duration = Duration::from_secs(5);
    let fixture = Fixture::new();
    let begun = Instant::now();
    let ask = || {
        fixture
            .reads
            .get(&KEY, |found: &Number| Some(found), async {
                tokio::time::sleep(SLOW).await;
                Err(unavailable())
            })
    };
    let outcomes = futures_util::future::join_all((0..5).map(|_| ask())).await;
    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(begun.elapsed().as_secs(), 2 * SLOW.as_secs());
}

#[tokio::test(start_paused = true)]
async fn after_a_read_that_fails_what_is_found_is_kept_again() {
    let fixture = Fixture::new();
    let fails = async { Err(unavailable()) };
    let failed = fixture.reads.get(&KEY, |found: &Number| Some(found), fails);
    assert!(failed.await.is_err());
    assert_eq!(fixture.get(2).await, 2);
    assert_eq!(fixture.get(3).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_leaves_hands_over_to_one_who_waits() {
    let fixture = Fixture::new();
    let never = fixture.get_with(KEY, std::future::pending());
    let leaves = tokio::time::timeout(Duration::from_millis(10), never);
    let (left, shown) = tokio::join!(leaves, fixture.get(2));
    assert!(left.is_err());
    assert_eq!(shown, 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_for_one_alone_is_kept_for_nobody() {
    let fixture = Fixture::new();
    for stored in [1, 2] {
        let read = async { Ok(Number(stored)) };
        let shown = fixture.reads.get(&KEY, |_: &Number| None, read).await;
        assert_eq!(shown.unwrap(), Number(stored));
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_is_kept_than_may_be() {
    const MAX_BYTES: u64 = 256 * 1024;
    let fixture = Fixture::of(MAX_BYTES, MAX_AGE);
    for key in 0..=u8::MAX {
        let read = async { Ok(Number(key.into())) };
        assert_eq!(fixture.get_with(key, read).await, u64::from(key));
    }
    let bytes = fixture.reads.status().bytes;
    assert!((MAX_BYTES / 4..=MAX_BYTES).contains(&bytes), "{bytes}");
}

#[tokio::test(start_paused = true)]
async fn without_room_or_time_nothing_is_kept() {
    for fixture in [
        Fixture::of(0, MAX_AGE),
        Fixture::of(1024 * 1024, Duration::ZERO),
    ] {
        assert_eq!(fixture.get(1).await, 1);
        assert_eq!(fixture.get(2).await, 2);
    }
}
