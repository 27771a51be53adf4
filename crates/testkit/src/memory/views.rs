use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::post::PostId;
use hexpress_domain::post::{ViewBatch, ViewCounter, ViewRepository};
use hexpress_domain::repository::RepositoryError;

use super::{MemoryStore, State};

impl State {
    fn add_views(&mut self, id: PostId, views: u64) {
        if let Some(row) = self.posts.get_mut(&id) {
            row.views = row.views.saturating_add(views);
        }
    }
}

#[async_trait]
impl ViewRepository for MemoryStore {
    async fn add(&self, batch: ViewBatch) -> Result<(), RepositoryError> {
        let mut state = self.state();
        if state.batches.insert(batch.id, batch.at).is_none() {
            for (id, views) in batch.views {
                state.add_views(id, views);
            }
        }
        Ok(())
    }

    async fn forget_batches(&self, before: DateTime<Utc>) -> Result<u64, RepositoryError> {
        let mut state = self.state();
        let known = state.batches.len();
        state.batches.retain(|_, made_at| *made_at >= before);
        let forgotten = known - state.batches.len();
        Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
    }
}

impl ViewCounter for MemoryStore {
    fn record(&self, id: PostId) {
        self.state().add_views(id, 1);
    }
}
