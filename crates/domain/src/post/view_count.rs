use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::id::{PostId, ViewBatchId};
use crate::repository::RepositoryError;

/// Takes note of views, at once and without failing: no reader waits for it.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait ViewCounter: Send + Sync {
    /// One more view of a post. It reaches the store within a second.
    fn record(&self, id: PostId);
}

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
    /// How long a batch's id is kept: whoever cannot add one for that long gives up.
    pub const KEPT: TimeDelta = TimeDelta::days(1);
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
    /// [`RepositoryError::Unavailable`], after which the same batch is to be sent
    /// again, and [`RepositoryError::Internal`].
    async fn add(&self, batch: ViewBatch) -> Result<(), RepositoryError>;

    /// Forgets the ids of batches that were made before this time, and returns how
    /// many there were. They could be counted again from then on.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`] and [`RepositoryError::Internal`].
    async fn forget_batches(&self, before: DateTime<Utc>) -> Result<u64, RepositoryError>;
}
