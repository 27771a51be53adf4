use hexpress_domain::id::Id;
use hexpress_domain::post::PostId;
use hexpress_domain::post::{
    MadeSlug, Metadata, NewSlug, PostChange, PostRecord, PostStatus, PostView, Slug, ViewBatch,
};
use hexpress_domain::user::User;

use super::{CountingIds, later, now};

/// This slug, which must be one.
#[must_use]
pub fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

/// A draft whose slug is made of its title.
#[must_use]
pub fn draft(author: &User, title: &str) -> PostRecord {
    let title = title.parse().unwrap();
    PostRecord {
        id: Id::generate(&CountingIds),
        author_id: author.id,
        slug: NewSlug::Made(MadeSlug::of_title(&title)),
        title,
        content: "Once upon a time".parse().unwrap(),
        excerpt: None,
        status: PostStatus::Draft,
        published_at: None,
        metadata: Metadata::default(),
        at: now(),
    }
}

/// As [`draft`], for everyone to read.
#[must_use]
pub fn published(author: &User, title: &str) -> PostRecord {
    PostRecord {
        status: PostStatus::Published,
        published_at: Some(now()),
        ..draft(author, title)
    }
}

/// The post with a slug that a client chose.
#[must_use]
pub fn named(record: PostRecord, name: &str) -> PostRecord {
    PostRecord {
        slug: NewSlug::Named(slug(name)),
        ..record
    }
}

/// A change that leaves everything as it is, for tests to fill in. The view must have
/// its content.
#[must_use]
pub fn post_change(view: &PostView) -> PostChange {
    let post = &view.post;
    PostChange {
        id: post.id,
        seen: post.version,
        title: post.title.clone(),
        slug: None,
        is_slug_named: post.is_slug_named,
        keeps_former_slug: post.published_at.is_some(),
        content: view.content.clone().unwrap(),
        excerpt: post.excerpt.clone(),
        status: post.status,
        published_at: post.published_at,
        metadata: post.metadata.clone(),
        at: later(),
    }
}

/// A change of the slug to one that a client chose.
#[must_use]
pub fn renaming(view: &PostView, name: &str) -> PostChange {
    PostChange {
        slug: Some(NewSlug::Named(slug(name))),
        is_slug_named: true,
        ..post_change(view)
    }
}

/// So many views of each of these posts.
#[must_use]
pub fn batch(views: &[(PostId, u64)]) -> ViewBatch {
    ViewBatch {
        id: Id::generate(&CountingIds),
        views: views.to_vec(),
        at: now(),
    }
}
