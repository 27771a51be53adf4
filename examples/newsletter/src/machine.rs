use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::clock::{Clock, IdGenerator, to_milliseconds};
use hexpress_domain::post::{PostId, ViewBatch, ViewCounter, ViewRepository};
use hexpress_domain::repository::RepositoryError;
use uuid::Uuid;

/// The clock and the randomness of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine;

impl Clock for Machine {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter that all others get their time from"
    )]
    fn now(&self) -> DateTime<Utc> {
        to_milliseconds(Utc::now())
    }
}

impl IdGenerator for Machine {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter that all others get their ids from"
    )]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Letters are read in mailboxes, where nobody sees it: no view ever comes in, and none is kept.
pub(crate) struct Uncounted;

impl ViewCounter for Uncounted {
    fn record(&self, _id: PostId) {}
}

#[async_trait]
impl ViewRepository for Uncounted {
    async fn add(&self, _batch: ViewBatch) -> Result<(), RepositoryError> {
        Ok(())
    }

    async fn forget_batches(&self, _before: DateTime<Utc>) -> Result<u64, RepositoryError> {
        Ok(0)
    }
}
