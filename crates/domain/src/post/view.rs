use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Content, Post, Slug, Title};
use crate::auth::Actor;
use crate::list::Page;
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
pub struct VisiblePost(Arc<PostView>);

/// A page of posts that somebody may see, every one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisiblePage(Arc<Page<PostView>>);

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

impl VisiblePost {
    /// The post for this actor, if they may see it.
    #[must_use]
    pub fn of(post: Arc<PostView>, actor: &Actor) -> Option<Self> {
        post.post.is_visible_to(actor).then_some(Self(post))
    }

    /// The post.
    #[must_use]
    pub fn view(&self) -> &PostView {
        &self.0
    }

    /// The post as its reader handed it out, perhaps to others too.
    #[must_use]
    pub const fn shared(&self) -> &Arc<PostView> {
        &self.0
    }
}

impl VisiblePage {
    /// The page for this actor: those of its posts that they may see.
    #[must_use]
    pub fn of(page: Arc<Page<PostView>>, actor: &Actor) -> Self {
        let is_visible = |view: &&PostView| view.post.is_visible_to(actor);
        if page.items.iter().all(|view| is_visible(&view)) {
            return Self(page);
        }
        Self(Arc::new(Page {
            items: page.items.iter().filter(is_visible).cloned().collect(),
            total: page.total,
            next: page.next.clone(),
        }))
    }

    /// The page.
    #[must_use]
    pub fn page(&self) -> &Page<PostView> {
        &self.0
    }

    /// The page as its reader handed it out, perhaps to others too, unless posts were
    /// left out of it.
    #[must_use]
    pub const fn shared(&self) -> &Arc<Page<PostView>> {
        &self.0
    }
}
