use std::sync::Arc;

use hexpress_domain::auth::Actor;
use hexpress_domain::post::{
    LockedPost, Post, PostChange, PostId, PostPatch, PostStatus, PostView, TransitionError,
};
use hexpress_domain::repository::Decide;

use super::{PostService, VisiblePost, visible};
use crate::decision::decision;
use crate::permissions::operations::{ChangePost, DeletePost, PublishPost, RestorePost};
use crate::permissions::{self, Permit};
use crate::{Error, InvalidState, Preconditions, Resource};

impl PostService {
    /// Changes a post. A patch that changes nothing leaves the version and
    /// `updated_at` as they are.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`] with the fields that the actor may
    /// not send, [`Error::PreconditionFailed`], [`Error::Duplicate`] for a slug that is
    /// taken, and [`Error::InvalidState`] for a status that the post cannot get and
    /// for a deleted post.
    pub async fn update(
        &self,
        who: &Permit<ChangePost>,
        id: PostId,
        patch: PostPatch,
        preconditions: Option<&Preconditions>,
    ) -> Result<VisiblePost, Error> {
        let (actor, clock) = (who.actor(), &self.ports.clock);
        // Others wait for the post while the change is decided and stored.
        if let Some(content) = &patch.content {
            let _ = content.folded();
        }
        let patch = Arc::new(patch);
        let asked = Arc::clone(&patch);
        let permit = move |actor: &_, locked: &LockedPost| {
            permissions::permit_post_patch(actor, &locked.post, &asked)
        };
        let decide = move |LockedPost { post, content, .. }: &LockedPost, at| {
            require_live(post)?;
            Ok(post.change(content, &patch, at)?)
        };
        let decide = decision(actor, preconditions, clock, permit, decide);
        let changed = self.change(id, decide).await?;
        visible(Some(Arc::new(changed)), actor)
    }

    /// Publishes a draft.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::PreconditionFailed`], and
    /// [`Error::InvalidState`] for a post that is no draft, or deleted.
    pub async fn publish(
        &self,
        who: &Permit<PublishPost>,
        id: PostId,
        preconditions: Option<&Preconditions>,
    ) -> Result<VisiblePost, Error> {
        let (actor, clock) = (who.actor(), &self.ports.clock);
        let decide = |LockedPost { post, content, .. }: &LockedPost, at| {
            require_live(post)?;
            if post.status != PostStatus::Draft {
                return Err(Error::InvalidState(InvalidState::NoDraft(post.status)));
            }
            let publication = PostPatch {
                status: Some(PostStatus::Published),
                ..PostPatch::default()
            };
            Ok(post.change(content, &publication, at)?)
        };
        let decide = decision(actor, preconditions, clock, moderates, decide);
        let published = self.change(id, decide).await?;
        visible(Some(Arc::new(published)), actor)
    }

    /// Deletes a post. Its slug is free again.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::PreconditionFailed`], and
    /// [`Error::InvalidState`] for a post that is deleted already.
    pub async fn delete(
        &self,
        who: &Permit<DeletePost>,
        id: PostId,
        preconditions: Option<&Preconditions>,
    ) -> Result<(), Error> {
        let (actor, clock) = (who.actor(), &self.ports.clock);
        let decide = |LockedPost { post, .. }: &LockedPost, at| {
            require_live(post)?;
            Ok(Some(post.deletion(at)))
        };
        let decide = decision(actor, preconditions, clock, moderates, decide);
        self.change(id, decide).await.map(drop)
    }

    /// Undoes the deletion of a post. A slug that another post has by now gets a
    /// number.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::PreconditionFailed`], and
    /// [`Error::InvalidState`] for a post that is not deleted, or whose author is.
    pub async fn restore(
        &self,
        who: &Permit<RestorePost>,
        id: PostId,
        preconditions: Option<&Preconditions>,
    ) -> Result<VisiblePost, Error> {
        let (actor, clock) = (who.actor(), &self.ports.clock);
        let decide = |locked: &LockedPost, at| {
            let state = match (locked.post.is_live(), locked.is_author_deleted) {
                (true, _) => InvalidState::NotDeleted(Resource::Post),
                (false, true) => InvalidState::AuthorDeleted,
                (false, false) => return Ok(Some(locked.post.restoration(at))),
            };
            Err(Error::InvalidState(state))
        };
        let decide = decision(actor, preconditions, clock, |_, _| Ok(()), decide);
        let restored = self.change(id, decide).await?;
        visible(Some(Arc::new(restored)), actor)
    }

    async fn change(
        &self,
        id: PostId,
        decide: Decide<LockedPost, PostChange>,
    ) -> Result<PostView, Error> {
        let changed = self.ports.posts.change(id, decide).await;
        changed.map_err(Error::about(Resource::Post))
    }
}

/// Whether the actor may publish or delete the post.
fn moderates(actor: &Actor, locked: &LockedPost) -> Result<(), Error> {
    permissions::permit_post_moderation(actor, &locked.post)
}

impl From<TransitionError> for Error {
    fn from(error: TransitionError) -> Self {
        Self::InvalidState(error.into())
    }
}

fn require_live(post: &Post) -> Result<(), Error> {
    if post.is_live() {
        Ok(())
    } else {
        Err(Error::InvalidState(InvalidState::Deleted(Resource::Post)))
    }
}
