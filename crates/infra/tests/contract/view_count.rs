use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::id::PostId;
use hexpress_domain::post::{ViewBatch, ViewRepository};
use hexpress_test_support::Kind;
use rstest::rstest;
use uuid::Uuid;

use crate::support::{batch, later, now, published, race, stores};

#[rstest]
#[tokio::test]
async fn racing_batches_add_up(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
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

#[rstest]
#[tokio::test]
async fn a_batch_counts_once_however_often_it_is_sent(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
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

#[rstest]
#[tokio::test]
async fn a_view_moves_nothing_but_the_count(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let mut view = stores.post(published(&author, "On Computing")).await;
    stores.view(view.post.id, 2).await;
    view.view_count = 2;
    assert_eq!(stores.found(view.post.id).await, Some(view));
}

#[rstest]
#[tokio::test]
async fn views_of_posts_that_do_not_exist_are_dropped(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let id = stores
        .post(published(&author, "On Computing"))
        .await
        .post
        .id;
    let unknown = PostId::new(Uuid::from_u128(404));
    let views = &stores.views;
    views.add(batch(&[(unknown, 1), (id, 2)])).await.unwrap();
    views.add(batch(&[(unknown, 1)])).await.unwrap();
    views.add(batch(&[])).await.unwrap();
    assert_eq!(stores.found(id).await.unwrap().view_count, 2);
}

#[rstest]
#[tokio::test]
async fn a_batch_may_hold_as_many_posts_as_the_buffer(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let id = stores
        .post(published(&author, "On Computing"))
        .await
        .post
        .id;
    let most = hexpress_infra::post::BufferedViewCounter::MAX_POSTS;
    let mut read: Vec<_> = (1..most)
        .map(|number| {
            (
                PostId::new(Uuid::from_u128(u128::try_from(number).unwrap())),
                1,
            )
        })
        .collect();
    read.push((id, 4));
    stores.views.add(batch(&read)).await.unwrap();
    assert_eq!(stores.found(id).await.unwrap().view_count, 4);
}

#[rstest]
#[tokio::test]
async fn batches_made_before_a_time_are_forgotten(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
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
