use chrono::{DateTime, Utc};

use super::{Content, Post, Slug, Title};
use crate::post::PostId;
use crate::user::{PersonName, UserId};

/// Who wrote a post, as everyone may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub name: PersonName,
}

/// A post with its author and its number of views, which are stored in other rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostView {
    /// The post.
    pub post: Post,
    /// The content; `None` in lists that were not asked for it.
    pub content: Option<Content>,
    /// Who wrote it.
    pub author: Author,
    /// How often it has been read.
    pub view_count: u64,
}

/// A post in its author's profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostHeadline {
    /// The post's id.
    pub id: PostId,
    /// Its title.
    pub title: Title,
    /// The part of its URL that names it.
    pub slug: Slug,
    /// When it was first published.
    pub published_at: DateTime<Utc>,
}
