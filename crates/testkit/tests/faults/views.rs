use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::entity::Liveness;
use hexpress_domain::id::Id;
use hexpress_domain::post::{PostRepository, ViewBatch, ViewRepository};
use hexpress_domain::repository::RepositoryError;
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::samples::{CountingIds, post_edit};
use hexpress_testkit::view::PROMISES;

use crate::assert_found;
use crate::posts::blog;

pub struct FaultyViews {
    pub store: Arc<MemoryStore>,
    pub fault: &'static str,
}

#[tokio::test(start_paused = true)]
async fn each_is_found_by_the_name_of_its_promise() {
    assert_found(PROMISES, false, blog).await;
}

#[async_trait]
impl ViewRepository for FaultyViews {
    async fn add(&self, mut batch: ViewBatch) -> Result<(), RepositoryError> {
        let posts: &dyn PostRepository = &*self.store;
        match self.fault {
            "racing_batches_add_up" => batch.views.truncate(1),
            "a_batch_counts_once_however_often_it_is_sent" => {
                batch.id = Id::generate(&CountingIds);
            }
            "a_view_moves_nothing_but_the_count" => {
                for (id, _) in &batch.views {
                    if let Some(view) = posts.find(*id, Liveness::Live).await? {
                        posts.change(view.post.id, post_edit(|_| {})).await?;
                    }
                }
            }
            "views_of_posts_that_do_not_exist_are_dropped" => {
                for (id, _) in &batch.views {
                    if posts.find(*id, Liveness::Any).await?.is_none() {
                        return Err(RepositoryError::MissingReference);
                    }
                }
            }
            "no_view_is_lost_when_deletions_changes_and_views_race" => {
                let mut live = Vec::new();
                for view in batch.views {
                    if posts.find(view.0, Liveness::Live).await?.is_some() {
                        live.push(view);
                    }
                }
                batch.views = live;
            }
            _ => {}
        }
        self.store.add(batch).await
    }

    async fn forget_batches(&self, before: DateTime<Utc>) -> Result<u64, RepositoryError> {
        match self.fault {
            "batches_made_before_a_time_are_forgotten" => Ok(0),
            _ => self.store.forget_batches(before).await,
        }
    }
}
