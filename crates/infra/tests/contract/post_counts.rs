//! How many posts there are, kept beside them: what the totals of lists are made of.

use std::sync::Arc;

use hexpress_domain::entity::Liveness;
use hexpress_domain::list::Total;
use hexpress_domain::post::{PostChange, PostFilter, PostQuery, PostScope, PostStatus};
use hexpress_test_support::Kind;
use hexpress_testkit::samples::{
    draft, later, post_edit, published, user_deletion, user_restoration,
};
use rstest::rstest;
use tokio::task::JoinSet;

use crate::support::{Stores, stores};

/// Compares the counts with the posts, whichever way they were written.
async fn assert_agreement(stores: &Stores) {
    let wrong = "SELECT status, is_live, sum(count) FROM post_counts GROUP BY status, is_live
        HAVING sum(count) <> (SELECT count(*) FROM posts
            WHERE posts.status = post_counts.status AND (deleted_at IS NULL) = is_live)";
    let wrong = stores.raw.query_text(wrong).await;
    assert!(wrong.is_empty(), "{wrong:?}");
}

async fn total(stores: &Stores, status: Option<PostStatus>, liveness: Liveness) -> Option<Total> {
    let query = PostQuery {
        filter: PostFilter {
            status,
            liveness,
            ..PostFilter::default()
        },
        ..PostQuery::default()
    };
    let page = stores
        .ports
        .posts
        .list(PostScope::All, query)
        .await
        .unwrap();
    page.total
}

#[rstest]
#[tokio::test]
async fn no_write_of_posts_is_overlooked(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let mut posts = Vec::new();
    for title in ["Of Ada", "Of Engines", "Of Looms", "Of Wheels"] {
        posts.push(stores.post(draft(&author, title)).await);
    }
    assert_agreement(&stores).await;
    let publication = post_edit(|PostChange { post, .. }| {
        post.status = PostStatus::Published;
        post.published_at = Some(later());
    });
    let published = stores.ports.posts.change(posts[0].post.id, publication);
    published.await.unwrap();
    assert_agreement(&stores).await;
    stores.delete_post(posts[1].post.id).await;
    assert_agreement(&stores).await;
    let exactly = |count| Some(Total::Exactly(count));
    for (status, liveness, count) in [
        (None, Liveness::Live, 3),
        (None, Liveness::Deleted, 1),
        (None, Liveness::Any, 4),
        (Some(PostStatus::Published), Liveness::Live, 1),
        (Some(PostStatus::Draft), Liveness::Any, 3),
        (Some(PostStatus::Archived), Liveness::Any, 0),
    ] {
        assert_eq!(total(&stores, status, liveness).await, exactly(count));
    }
    let users = &stores.ports.users;
    users.change(author.id, user_deletion()).await.unwrap();
    assert_agreement(&stores).await;
    assert_eq!(total(&stores, None, Liveness::Live).await, exactly(0));
    users.change(author.id, user_restoration()).await.unwrap();
    assert_agreement(&stores).await;
    // By hand, and several at once.
    for sql in [
        "UPDATE posts SET status = 'draft', deleted_at = NULL, deleted_with_author = FALSE",
        "DELETE FROM posts WHERE title <> 'Of Ada'",
    ] {
        stores.raw.execute(sql).await;
        assert_agreement(&stores).await;
    }
    assert_eq!(total(&stores, None, Liveness::Any).await, exactly(1));
}

#[rstest]
#[tokio::test]
async fn nothing_is_lost_among_many_who_write(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = Arc::new(stores(kind).await);
    let author = stores.user().await;
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let (stores, author) = (Arc::clone(&stores), author.clone());
        writers.spawn(async move {
            for number in 0..10 {
                let title = format!("Of {writer} and {number}");
                let post = stores.post(published(&author, &title)).await.post;
                if number % 3 == 0 {
                    stores.delete_post(post.id).await;
                }
            }
        });
    }
    writers.join_all().await;
    assert_agreement(&stores).await;
    let live = total(&stores, None, Liveness::Live).await;
    assert_eq!(live, Some(Total::Exactly(8 * 6)));
}

/// As a database that was there before, and one that is repaired.
#[rstest]
#[tokio::test]
async fn what_is_there_already_is_counted(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    stores.post(draft(&author, "Of Ada")).await;
    stores.post(published(&author, "Of Engines")).await;
    let gone = stores.post(published(&author, "Of Looms")).await;
    stores.delete_post(gone.post.id).await;
    stores.raw.execute("UPDATE post_counts SET count = 7").await;
    let migrations: [&str; 2] = match kind {
        Kind::Sqlite => [
            include_str!(
                "../../../../migrations/sqlite/20261105000000_create_post_counts/down.sql"
            ),
            include_str!("../../../../migrations/sqlite/20261105000000_create_post_counts/up.sql"),
        ],
        Kind::Postgres => [
            include_str!(
                "../../../../migrations/postgres/20261105000000_create_post_counts/down.sql"
            ),
            include_str!(
                "../../../../migrations/postgres/20261105000000_create_post_counts/up.sql"
            ),
        ],
    };
    for sql in migrations {
        stores.raw.execute(sql).await;
    }
    assert_agreement(&stores).await;
    let live = total(&stores, None, Liveness::Live).await;
    assert_eq!(live, Some(Total::Exactly(2)));
}

#[tokio::test]
async fn whoever_writes_waits_for_nobody_who_does() {
    let stores = stores(Kind::Postgres).await;
    let author = stores.user().await;
    let first = stores.post(draft(&author, "Of Ada")).await.post;
    let slow = stores.raw.begin("DELETE FROM posts").await;
    let second = stores.post(draft(&author, "Of Engines")).await.post;
    let counted = async || total(&stores, None, Liveness::Live).await;
    assert_eq!(counted().await, Some(Total::Exactly(2)));
    slow.commit().await;
    assert_eq!(counted().await, Some(Total::Exactly(1)));
    assert!(stores.found(first.id).await.is_none());
    assert!(stores.found(second.id).await.is_some());
}
