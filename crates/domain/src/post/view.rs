use chrono::{DateTime, Utc};

use super::{Content, Post, Slug, Title};
use crate::auth::Actor;
use crate::id::{PostId, UserId};
use crate::user::PersonName;

/// Who wrote a post, as everyone may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub name: PersonName,
}

/// A post with what stands in other rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostView {
    /// The post.
    pub post: Post,
    /// What it says; `None` in lists that did not ask.
    pub content: Option<Content>,
    /// Who wrote it.
    pub author: Author,
    /// How often it has been read.
    pub view_count: u64,
}

/// A post that somebody may see. There is no other way to make one than to ask
/// whether they may, so that no read can forget to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisiblePost(PostView);

/// A post in its author's profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostHeadline {
    /// The post's id.
    pub id: PostId,
    /// Its title.
    pub title: Title,
    /// What stands for it in its URL.
    pub slug: Slug,
    /// When it was first published.
    pub published_at: DateTime<Utc>,
}

impl PostView {
    /// The post for this actor, if they may see it.
    #[must_use]
    pub fn visible_to(self, actor: &Actor) -> Option<VisiblePost> {
        self.post.is_visible_to(actor).then_some(VisiblePost(self))
    }
}

impl VisiblePost {
    /// The post.
    #[must_use]
    pub const fn view(&self) -> &PostView {
        &self.0
    }

    /// The post, to be shown.
    #[must_use]
    pub fn into_view(self) -> PostView {
        self.0
    }
}
