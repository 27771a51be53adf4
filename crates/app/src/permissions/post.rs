use std::sync::Arc;

use hexpress_domain::auth::Actor;
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::Page;
use hexpress_domain::post::{
    LockedPost, Post, PostField, PostFilter, PostPatch, PostScope, PostStatus, PostView,
};
use hexpress_domain::user::Role;

use super::{Operation, RestrictedFilter, RestrictedFilters, Target, refuse_fields};
use crate::{Error, Resource};

impl RestrictedFilters for PostFilter {
    const RESTRICTED: &'static [RestrictedFilter<Self>] = &[RestrictedFilter {
        name: "deleted",
        operation: Operation::ListDeletedPosts,
        is_used: |filter| !matches!(filter.liveness, Liveness::Live),
    }];
}

/// A post that somebody may see. Only [`VisiblePost::of`] makes one, and it asks whether
/// they may, so that no read can forget to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisiblePost(Arc<PostView>);

/// A page of posts, all of which somebody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisiblePage(Arc<Page<PostView>>);

impl VisiblePost {
    /// The post for this actor, if they may see it.
    #[must_use]
    pub fn of(post: Arc<PostView>, actor: &Actor) -> Option<Self> {
        sees_post(actor, &post.post).then_some(Self(post))
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
        let is_visible = |view: &&PostView| sees_post(actor, &view.post);
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

/// Which live posts the actor sees, as stores look for them: those of which [`sees_post`]
/// is true.
#[must_use]
pub const fn visible_posts(actor: &Actor) -> PostScope {
    match (actor.role(), actor.principal()) {
        (Some(Role::Moderator | Role::Admin), _) => PostScope::All,
        (Some(Role::User), Some(principal)) => PostScope::PublishedOrBy(principal.user_id),
        (Some(Role::User) | None, _) => PostScope::Published,
    }
}

/// Whether the actor may know that the post exists. Everybody sees published posts. Their
/// author, moderators and admins see other live posts. Admins see deleted posts.
#[must_use]
pub fn sees_post(actor: &Actor, post: &Post) -> bool {
    if !post.is_live() {
        return actor.role() == Some(Role::Admin);
    }
    match visible_posts(actor) {
        PostScope::All => true,
        PostScope::Published => post.status == PostStatus::Published,
        PostScope::PublishedOrBy(author) => {
            post.status == PostStatus::Published || post.author_id == author
        }
    }
}

impl Target for LockedPost {
    const RESOURCE: Resource = Resource::Post;

    fn version(&self) -> Version {
        self.post.version
    }

    fn is_visible_to(&self, actor: &Actor) -> bool {
        sees_post(actor, &self.post)
    }
}

/// Decides whether the actor may send these changes to this post.
///
/// # Errors
///
/// [`Error::Forbidden`], with the fields that somebody else might have sent.
pub fn permit_post_patch(actor: &Actor, post: &Post, patch: &PostPatch) -> Result<(), Error> {
    if actor.is(post.author_id) || actor.role() == Some(Role::Admin) {
        return Ok(());
    }
    permit_post_moderation(actor, post)?;
    let fields = patch.fields().into_iter();
    refuse_fields(
        fields
            .filter(|field| *field != PostField::Status)
            .map(PostField::as_str),
    )
}

/// Decides whether the actor may publish or delete this post: its author, moderators
/// and admins.
///
/// # Errors
///
/// [`Error::Forbidden`].
pub fn permit_post_moderation(actor: &Actor, post: &Post) -> Result<(), Error> {
    if actor.is(post.author_id) || matches!(actor.role(), Some(Role::Moderator | Role::Admin)) {
        Ok(())
    } else {
        Err(Error::forbidden())
    }
}
