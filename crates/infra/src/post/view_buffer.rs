use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::id::Id;
use hexpress_domain::post::PostId;
use hexpress_domain::post::{ViewBatch, ViewCounter, ViewRepository};
use hexpress_domain::repository::RepositoryError;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// [`ViewCounter`] that gathers views in memory and adds them to a [`ViewRepository`]
/// in batches, twice a second. A batch that may not have been added is sent again
/// under its id, until it is added, or too old, or refused too often by a fault.
pub struct BufferedViewCounter {
    shared: Arc<Shared>,
    /// Sends the batches.
    task: TaskTracker,
    closing: CancellationToken,
    abandoned: CancellationToken,
    /// Ends the task with this, if nobody has closed it.
    _abandon: DropGuard,
}

struct Shared {
    buffer: Mutex<Buffer>,
    /// In the buffer, or in the batch that is not settled.
    waiting: AtomicU64,
    lost: AtomicU64,
}

#[derive(Default)]
struct Buffer {
    views: HashMap<PostId, u64>,
    is_closed: bool,
}

/// Sends what the buffer holds.
struct Sender {
    shared: Arc<Shared>,
    repository: Arc<dyn ViewRepository>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    /// A batch of which nobody knows whether it has been added.
    unsettled: Option<ViewBatch>,
    /// How often a fault has refused that batch, and not just an outage.
    faults: u32,
    is_failing: bool,
    /// Whether views that nobody added were dropped since the end began.
    has_dropped: bool,
    /// How many lost views have been reported, and when.
    reported: (u64, Option<Instant>),
}

impl BufferedViewCounter {
    /// How many posts' views wait in memory at most. A batch of as many is bound to
    /// one statement, of which SQLite takes 32,766 values.
    pub const MAX_POSTS: usize = 10_000;
    /// How long views wait before they are sent.
    pub const INTERVAL: Duration = Duration::from_millis(500);
    /// How often a batch is sent that a fault refuses: what is wrong with it, or with the
    /// program, may never be put right, and others wait behind it.
    pub const TRIES: u32 = 10;
    /// How soon a batch that failed is sent again while everybody waits for the end.
    const RETRY: Duration = Duration::from_millis(50);
    /// How often lost views are reported in the log.
    const REPORT: Duration = Duration::from_secs(60);

    /// Begins to count, in a task of the present Tokio runtime.
    #[must_use]
    pub fn start(
        repository: Arc<dyn ViewRepository>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        let shared = Arc::new(Shared {
            buffer: Mutex::default(),
            waiting: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        });
        let mut sender = Sender {
            shared: Arc::clone(&shared),
            repository,
            clock,
            ids,
            unsettled: None,
            faults: 0,
            is_failing: false,
            has_dropped: false,
            reported: (0, None),
        };
        let (closing, abandoned) = (CancellationToken::new(), CancellationToken::new());
        let (closes, is_abandoned) = (closing.clone(), abandoned.clone());
        let task = TaskTracker::new();
        task.spawn(async move {
            let sent = is_abandoned.run_until_cancelled(sender.run(&closes)).await;
            match sent {
                Some(true) => {}
                Some(false) => is_abandoned.cancel(),
                None => sender.give_up(),
            }
        });
        task.close();
        Self {
            shared,
            task,
            closing,
            _abandon: abandoned.clone().drop_guard(),
            abandoned,
        }
    }

    /// How many views were not counted because the buffer was full or closed, or
    /// because the store would not take them in time.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// How many views wait until they are added, those included that are on their way.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// Takes no more views and sends those that wait, but no longer than the limit.
    /// Returns whether all were added. Those that were not are lost, though a batch
    /// that is under way may still be added.
    pub async fn close(&self, limit: Duration) -> bool {
        self.shared.buffer().is_closed = true;
        self.closing.cancel();
        if tokio::time::timeout(limit, self.task.wait()).await.is_err() {
            self.abandoned.cancel();
            self.task.wait().await;
        }
        !self.abandoned.is_cancelled()
    }
}

impl ViewCounter for BufferedViewCounter {
    fn record(&self, id: PostId) {
        let mut buffer = self.shared.buffer();
        let has_room = buffer.views.len() < Self::MAX_POSTS || buffer.views.contains_key(&id);
        if has_room && !buffer.is_closed {
            *buffer.views.entry(id).or_default() += 1;
            self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        } else {
            self.shared.lose(1);
        }
    }
}

impl Shared {
    /// Nobody awaits or panics while they hold it.
    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lose(&self, views: u64) {
        self.lost.fetch_add(views, Ordering::Relaxed);
    }

    fn stop_waiting_for(&self, views: u64) {
        self.waiting.fetch_sub(views, Ordering::Relaxed);
    }
}

impl Sender {
    /// Sends until the end, and returns whether all that waited then was added.
    async fn run(&mut self, closing: &CancellationToken) -> bool {
        let interval = BufferedViewCounter::INTERVAL;
        while closing
            .run_until_cancelled(tokio::time::sleep(interval))
            .await
            .is_some()
        {
            self.send().await;
            self.report_lost();
        }
        self.has_dropped = false;
        while !self.send().await {
            tokio::time::sleep(BufferedViewCounter::RETRY).await;
        }
        self.report_lost();
        !self.has_dropped
    }

    /// Sends what is unsettled, then what has gathered, and returns whether nothing of
    /// it is unsettled any more.
    async fn send(&mut self) -> bool {
        if !self.settle().await {
            return false;
        }
        self.unsettled = self.gather();
        self.settle().await
    }

    async fn settle(&mut self) -> bool {
        let Some(batch) = self.unsettled.clone() else {
            return true;
        };
        let views = views_in(&batch);
        if batch.is_too_old(self.clock.now()) {
            self.drop_unsettled();
            return true;
        }
        let Err(error) = self.repository.add(batch).await else {
            self.unsettled = None;
            self.shared.stop_waiting_for(views);
            self.faults = 0;
            if std::mem::take(&mut self.is_failing) {
                tracing::info!("views are added again");
            }
            return true;
        };
        self.report_failure(&error);
        if !is_outage(&error) {
            self.faults += 1;
        }
        let is_hopeless = self.faults >= BufferedViewCounter::TRIES;
        if is_hopeless {
            self.drop_unsettled();
        }
        is_hopeless
    }

    /// Says once of each outage, and of each batch that a fault refuses, what went wrong.
    fn report_failure(&mut self, error: &RepositoryError) {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        let is_first = !std::mem::replace(&mut self.is_failing, true);
        match is_outage(error) {
            true if is_first => {
                tracing::warn!(%error, cause, "views could not be added; trying again");
            }
            false if self.faults == 0 => {
                tracing::error!(%error, cause, "views could not be added; trying a few times");
            }
            _ => {}
        }
    }

    fn drop_unsettled(&mut self) {
        let views = self.unsettled.take().map_or(0, |batch| views_in(&batch));
        self.shared.stop_waiting_for(views);
        self.shared.lose(views);
        self.faults = 0;
        self.has_dropped = true;
    }

    fn gather(&self) -> Option<ViewBatch> {
        let views = std::mem::take(&mut self.shared.buffer().views);
        (!views.is_empty()).then(|| ViewBatch {
            id: Id::generate(&*self.ids),
            views: views.into_iter().collect(),
            at: self.clock.now(),
        })
    }

    fn give_up(&mut self) {
        let waiting = self.unsettled.take().into_iter().chain(self.gather());
        let views = waiting.map(|batch| views_in(&batch)).sum();
        self.shared.stop_waiting_for(views);
        self.shared.lose(views);
        self.reported.1 = None;
        self.report_lost();
    }

    fn report_lost(&mut self) {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        let (reported, last) = self.reported;
        let is_due = last.is_none_or(|last| last.elapsed() >= BufferedViewCounter::REPORT);
        if lost > reported && is_due {
            tracing::warn!(lost, "views were not counted");
            self.reported = (lost, Some(Instant::now()));
        }
    }
}

/// Whether the same call may succeed later without anybody's doing.
const fn is_outage(error: &RepositoryError) -> bool {
    matches!(error, RepositoryError::Unavailable(_))
}

fn views_in(batch: &ViewBatch) -> u64 {
    batch.views.iter().map(|(_, views)| views).sum()
}
