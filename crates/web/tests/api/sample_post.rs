//! A post of Ada's, and APIs that know it.

use chrono::TimeDelta;
use hexpress_domain::entity::Version;
use hexpress_domain::post::{Author, LockedPost, Post, PostRecord, PostStatus, PostView};
use hexpress_domain::repository::RepositoryError;

use crate::support::{Mocks, ada, now, post_id};

pub const POST_PATH: &str = "/api/posts/00000000-0000-0000-0000-000000000007";

/// Post number 7.
pub fn draft() -> PostView {
    PostView {
        post: Post {
            id: post_id(7),
            author_id: ada().id,
            title: "On Computing".parse().unwrap(),
            slug: "on-computing".parse().unwrap(),
            is_slug_named: false,
            excerpt: Some("In short".parse().unwrap()),
            status: PostStatus::Draft,
            published_at: None,
            metadata: r#"{"b":1.10,"a":[12345678901234567890123]}"#.parse().unwrap(),
            version: Version::new(3),
            created_at: now(),
            updated_at: now(),
            deleted_at: None,
        },
        content: Some(" Once upon a time\n".parse().unwrap()),
        author: Author {
            id: ada().id,
            name: ada().name,
        },
        view_count: 41,
    }
}

pub fn published() -> PostView {
    let mut view = draft();
    view.post.status = PostStatus::Published;
    view.post.published_at = Some(now() - TimeDelta::days(1));
    view
}

pub fn deleted() -> PostView {
    let mut view = published();
    view.post.deleted_at = Some(now());
    view
}

/// What a repository returns for a new post.
pub fn stored(record: PostRecord) -> PostView {
    let mut view = draft();
    view.post.id = record.id;
    view.post.title = record.title;
    view.post.excerpt = record.excerpt;
    view.post.status = record.status;
    view.post.published_at = record.published_at;
    view.post.metadata = record.metadata;
    view.post.version = Version::FIRST;
    view.content = Some(record.content);
    view.view_count = 0;
    view
}

/// An API that knows one post, by id and by slug, and may be asked for changes.
pub fn knowing(view: PostView) -> Mocks {
    let mut mocks = Mocks::default();
    let known = view.clone();
    mocks
        .posts
        .expect_find()
        .returning(move |id, _| Ok((id == known.post.id).then(|| known.clone())));
    let known = view.clone();
    mocks.posts.expect_find_by_slug().returning(move |slug| {
        let leads_there = slug == known.post.slug || slug.as_str().starts_with("old-");
        Ok((leads_there && known.post.is_live()).then(|| known.clone()))
    });
    mocks.posts.expect_change().returning(move |id, decide| {
        if id != view.post.id {
            return Err(RepositoryError::NotFound);
        }
        let locked = LockedPost {
            post: view.post.clone(),
            content: view.content.clone().unwrap(),
            is_author_deleted: false,
        };
        let change = decide(&locked).map_err(RepositoryError::Refused)?;
        Ok(match change {
            None => view.clone(),
            Some(change) => PostView {
                post: change.post,
                content: change.content.or(view.content.clone()),
                ..view.clone()
            },
        })
    });
    mocks
}
