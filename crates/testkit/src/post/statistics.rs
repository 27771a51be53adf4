use chrono::{DateTime, Utc};
use hexpress_domain::post::{MonthlyPosts, PostHeadline, PostRecord, PostStatus, StatusCount};
use hexpress_domain::user::User;

use super::Blog;
use crate::samples::{draft, published};

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// What an author has published about the borders of months, besides a draft, an
/// archived post and a deleted one.
async fn shelf(stores: &Blog) -> User {
    let author = stores.user().await;
    let other = stores.user().await;
    stores.post(published(&other, "Of another")).await;
    let publications = [
        ("2023-12-31T23:59:59.999Z", 5),
        ("2024-01-01T00:00:00Z", 7),
        ("2024-01-31T23:59:59.999Z", 0),
        ("2024-02-29T12:00:00Z", 1),
        ("2024-03-01T00:00:00.001Z", 3),
    ];
    for (number, (at, views)) in publications.into_iter().enumerate() {
        let record = PostRecord {
            published_at: Some(time(at)),
            ..published(&author, &format!("Number {number}"))
        };
        let view = stores.post(record).await;
        stores.view(view.post.id, views).await;
    }
    let others = [
        (PostStatus::Draft, None),
        (PostStatus::Archived, Some(time("2024-03-05T00:00:00Z"))),
        // First published long ago, and a draft again.
        (PostStatus::Draft, Some(time("2024-03-06T00:00:00Z"))),
        (PostStatus::Published, Some(time("2024-03-07T00:00:00Z"))),
    ];
    for (status, published_at) in others {
        let record = PostRecord {
            status,
            published_at,
            ..draft(&author, "Another")
        };
        let view = stores.post(record).await;
        stores.view(view.post.id, 11).await;
        if status == PostStatus::Published {
            stores.delete_post(view.post.id).await;
        }
    }
    author
}

pub(super) async fn months_are_those_of_utc_and_of_published_posts(stores: &Blog) {
    let author = shelf(stores).await;
    let month = |month, post_count, total_views| MonthlyPosts {
        month: time(month),
        post_count,
        total_views,
    };
    let all = [
        month("2024-03-01T00:00:00Z", 1, 3),
        month("2024-02-01T00:00:00Z", 1, 1),
        month("2024-01-01T00:00:00Z", 2, 7),
        month("2023-12-01T00:00:00Z", 1, 5),
    ];
    let posts = &stores.posts;
    assert_eq!(posts.count_by_month(author.id, 12).await.unwrap(), all);
    assert_eq!(posts.count_by_month(author.id, 2).await.unwrap(), all[..2]);
}

pub(super) async fn statuses_are_counted_with_their_views(stores: &Blog) {
    let author = shelf(stores).await;
    let mut counts = stores.posts.count_by_status(author.id).await.unwrap();
    counts.sort_by_key(|count| count.status.as_str());
    let count = |status, count, total_views| StatusCount {
        status,
        count,
        total_views,
    };
    assert_eq!(
        counts,
        [
            count(PostStatus::Archived, 1, 11),
            count(PostStatus::Draft, 2, 22),
            count(PostStatus::Published, 5, 16),
        ]
    );
    let nobody = stores.user().await;
    let none = stores.posts.count_by_status(nobody.id).await.unwrap();
    assert_eq!(none, []);
}

pub(super) async fn the_latest_are_those_published_last(stores: &Blog) {
    let author = shelf(stores).await;
    let latest = stores.posts.latest_published(author.id, 2).await.unwrap();
    let times: Vec<_> = latest.iter().map(|post| post.published_at).collect();
    assert_eq!(
        times,
        [
            time("2024-03-01T00:00:00.001Z"),
            time("2024-02-29T12:00:00Z")
        ]
    );
    let view = stores.found(latest[0].id).await.unwrap().post;
    assert_eq!(
        latest[0],
        PostHeadline {
            id: view.id,
            title: view.title,
            slug: view.slug,
            published_at: time("2024-03-01T00:00:00.001Z"),
        }
    );
    let all = stores.posts.latest_published(author.id, 9).await.unwrap();
    assert_eq!(all.len(), 5);
}
