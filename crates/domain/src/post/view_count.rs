use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::id::Id;
use crate::post::PostId;
use crate::repository::RepositoryError;

/// Takes note of views, at once and without failing: no reader waits for it.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait ViewCounter: Send + Sync {
    /// One more view of a post. It reaches the store within a second, while the store
    /// takes it.
    fn record(&self, id: PostId);
}

/// The id of a batch of views, by which it is known when it is sent again.
pub type ViewBatchId = Id<ViewBatch>;

/// Views that are counted together, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewBatch {
    /// Names the batch: one that is sent again is not counted again.
    pub id: ViewBatchId,
    /// How many views each post got; each post once.
    pub views: Vec<(PostId, u64)>,
    /// When the batch was made.
    pub at: DateTime<Utc>,
}

impl ViewBatch {
    /// How long a batch's id is kept at least, by the clock of whoever forgets it.
    pub const KEPT: TimeDelta = TimeDelta::days(1);
    /// How long a batch may be sent again, by the clock of whoever made it: an hour less
    /// than its id is kept, for clocks that differ and for a call that is under way.
    pub const SENT_AGAIN_FOR: TimeDelta = TimeDelta::hours(23);

    /// Whether the batch may have been added and forgotten by now, so that it must not
    /// be sent again.
    #[must_use]
    pub fn is_too_old(&self, now: DateTime<Utc>) -> bool {
        now - self.at >= Self::SENT_AGAIN_FOR
    }
}

/// Counts views, apart from the posts: a view moves no version and no `updated_at`.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ViewRepository: Send + Sync {
    /// Adds a batch, in one transaction, unless it has been added before. Views of
    /// posts that do not exist are dropped.
    ///
    /// # Errors
    ///
    /// - [`RepositoryError::Unavailable`], after which the same batch is to be sent
    ///   again, until it [is too old](ViewBatch::is_too_old);
    /// - [`RepositoryError::Internal`], which may stay as it is however often the batch
    ///   is sent: nothing of it has been added.
    async fn add(&self, batch: ViewBatch) -> Result<(), RepositoryError>;

    /// Forgets the ids of batches that were made before this time, which is at least
    /// [`ViewBatch::KEPT`] ago, and returns how many there were. They could be counted
    /// again from then on.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`] and [`RepositoryError::Internal`].
    async fn forget_batches(&self, before: DateTime<Utc>) -> Result<u64, RepositoryError>;
}
