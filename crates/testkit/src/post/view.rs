//! What is promised of the counts of views.

use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::post::PostId;
use hexpress_domain::post::ViewBatch;

use super::Blog;
use crate::promise::{promises, race};
use crate::samples::{batch, later, now, published, unknown};

promises! {
    /// Makes a test of each promise of a [`ViewRepository`] beside the posts that are
    /// viewed.
    ///
    /// Takes a function `async fn() -> (Blog, G)`.
    ///
    /// [`ViewRepository`]: hexpress_domain::post::ViewRepository
    view_promises of view;
    /// What a [`ViewRepository`](hexpress_domain::post::ViewRepository) promises.
    for Blog {
        self {
            racing_batches_add_up,
            a_batch_counts_once_however_often_it_is_sent,
            a_view_moves_nothing_but_the_count,
            views_of_posts_that_do_not_exist_are_dropped,
            batches_made_before_a_time_are_forgotten,
        }
    }
}

async fn racing_batches_add_up(stores: &Blog) {
    let author = stores.user().await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(
            stores
                .post(published(&author, "On Computing"))
                .await
                .post
                .id,
        );
    }
    let outcomes = race((0..30).map(|number| {
        let views = Arc::clone(&stores.views);
        let mut read: Vec<_> = ids.iter().map(|id| (*id, 3)).collect();
        if number % 2 == 0 {
            read.reverse();
        }
        async move { views.add(batch(&read)).await }
    }))
    .await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    for id in ids {
        assert_eq!(stores.found(id).await.unwrap().view_count, 90);
    }
}

async fn a_batch_counts_once_however_often_it_is_sent(stores: &Blog) {
    let author = stores.user().await;
    let id = stores
        .post(published(&author, "On Computing"))
        .await
        .post
        .id;
    let batch = batch(&[(id, 5)]);
    let outcomes = race((0..8).map(|_| {
        let (views, batch) = (Arc::clone(&stores.views), batch.clone());
        async move { views.add(batch).await }
    }))
    .await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(stores.found(id).await.unwrap().view_count, 5);
}

async fn a_view_moves_nothing_but_the_count(stores: &Blog) {
    let author = stores.user().await;
    let mut view = stores.post(published(&author, "On Computing")).await;
    stores.view(view.post.id, 2).await;
    view.view_count = 2;
    assert_eq!(stores.found(view.post.id).await, Some(view));
}

async fn views_of_posts_that_do_not_exist_are_dropped(stores: &Blog) {
    let author = stores.user().await;
    let id = stores
        .post(published(&author, "On Computing"))
        .await
        .post
        .id;
    let unknown = PostId::new(unknown());
    let views = &stores.views;
    views.add(batch(&[(unknown, 1), (id, 2)])).await.unwrap();
    views.add(batch(&[(unknown, 1)])).await.unwrap();
    views.add(batch(&[])).await.unwrap();
    assert_eq!(stores.found(id).await.unwrap().view_count, 2);
}

async fn batches_made_before_a_time_are_forgotten(stores: &Blog) {
    let author = stores.user().await;
    let id = stores
        .post(published(&author, "On Computing"))
        .await
        .post
        .id;
    let views = &stores.views;
    let old = ViewBatch {
        at: now() - TimeDelta::milliseconds(1),
        ..batch(&[(id, 1)])
    };
    let new = batch(&[(id, 1)]);
    views.add(old.clone()).await.unwrap();
    views.add(new.clone()).await.unwrap();
    assert_eq!(views.forget_batches(now()).await.unwrap(), 1);
    views.add(old).await.unwrap();
    views.add(new).await.unwrap();
    assert_eq!(stores.found(id).await.unwrap().view_count, 3);
    assert_eq!(views.forget_batches(later()).await.unwrap(), 2);
}
