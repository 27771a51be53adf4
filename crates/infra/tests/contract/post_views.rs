//! The counts of views, beside the posts.

use hexpress_domain::post::PostId;
use hexpress_domain::post::{PostChange, PostStatus};
use hexpress_test_support::Kind;
use hexpress_testkit::samples::{
    batch, draft, later, post_edit, post_restoration, published, user_deletion, user_restoration,
};
use rstest::rstest;
use uuid::Uuid;

use crate::support::stores;

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
    stores.ports.view_batches.add(batch(&read)).await.unwrap();
    assert_eq!(stores.found(id).await.unwrap().view_count, 4);
}

#[rstest]
#[tokio::test]
async fn what_lists_by_views_compare_never_disagrees_with_the_posts(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let mut posts = Vec::new();
    for title in ["Of Ada", "Of Engines", "Of Looms"] {
        posts.push(stores.post(draft(&author, title)).await);
    }
    let agree = async || {
        let sql = "SELECT count(*), sum(CASE WHEN post_views.author_id = posts.author_id
                AND post_views.status = posts.status
                AND post_views.is_live = (posts.deleted_at IS NULL) THEN 1 ELSE 0 END)
            FROM posts LEFT JOIN post_views ON post_id = id";
        let rows = stores.raw.query_text(sql).await;
        assert_eq!(rows[0][0].as_deref(), Some("3"));
        assert_eq!(rows[0][0], rows[0][1]);
    };
    agree().await;
    let publication = post_edit(|PostChange { post, .. }| {
        post.status = PostStatus::Published;
        post.published_at = Some(later());
    });
    let published = stores.ports.posts.change(posts[0].post.id, publication);
    published.await.unwrap();
    agree().await;
    stores.delete_post(posts[1].post.id).await;
    agree().await;
    let users = &stores.ports.users;
    users.change(author.id, user_deletion()).await.unwrap();
    agree().await;
    users.change(author.id, user_restoration()).await.unwrap();
    agree().await;
    let restoration = stores
        .ports
        .posts
        .change(posts[1].post.id, post_restoration());
    restoration.await.unwrap();
    agree().await;
    // Whoever writes, and whatever way.
    stores
        .raw
        .execute(
            "UPDATE posts SET status = 'draft', deleted_at = NULL, deleted_with_author = FALSE",
        )
        .await;
    agree().await;
}
