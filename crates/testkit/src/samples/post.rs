use std::sync::Arc;

use hexpress_domain::id::Id;
use hexpress_domain::post::{
    LockedPost, MadeSlug, Metadata, NewSlug, Post, PostChange, PostId, PostRecord, PostStatus,
    Slug, ViewBatch,
};
use hexpress_domain::repository::Decide;
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

/// A decision that edits a post as it stands: one version on, at [`later`].
#[must_use]
pub fn post_edit(
    edit: impl Fn(&mut PostChange) + Send + Sync + 'static,
) -> Decide<LockedPost, PostChange> {
    Arc::new(move |LockedPost { post, .. }: &LockedPost| {
        let mut change = PostChange {
            post: Post {
                version: post.version.next(),
                updated_at: later(),
                ..post.clone()
            },
            slug: None,
            keeps_former_slug: post.published_at.is_some(),
            content: None,
        };
        edit(&mut change);
        Ok(Some(change))
    })
}

/// A change of the slug to one that a client chose.
#[must_use]
pub fn renaming(name: &str) -> Decide<LockedPost, PostChange> {
    let name = slug(name);
    post_edit(move |change| {
        change.slug = Some(NewSlug::Named(name.clone()));
        change.post.is_slug_named = true;
    })
}

/// The deletion of a post.
#[must_use]
pub fn post_deletion() -> Decide<LockedPost, PostChange> {
    Arc::new(|locked: &LockedPost| Ok(Some(locked.post.deletion(later()))))
}

/// What undoes the deletion of a post.
#[must_use]
pub fn post_restoration() -> Decide<LockedPost, PostChange> {
    Arc::new(|locked: &LockedPost| Ok(Some(locked.post.restoration(later()))))
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
