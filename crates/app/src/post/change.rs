use std::sync::Arc;

use hexpress_domain::auth::Actor;
use hexpress_domain::post::PostId;
use hexpress_domain::post::{PostPatch, PostStatus, VisiblePost};

use super::{PostService, visible};
use crate::permissions::{self, Operation};
use crate::retry::{Undecided, until_settled};
use crate::{Error, IfMatch, InvalidState, Resource};

/// A store that breaks its promise.
#[derive(Debug, thiserror::Error)]
#[error("a post was found without its content")]
struct NoContent;

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
        actor: &Actor,
        id: PostId,
        patch: &PostPatch,
        if_match: Option<&IfMatch>,
    ) -> Result<VisiblePost, Error> {
        permissions::permit(actor, Operation::ChangePost)?;
        until_settled(|| self.try_update(actor, id, patch, if_match)).await
    }

    async fn try_update(
        &self,
        actor: &Actor,
        id: PostId,
        patch: &PostPatch,
        if_match: Option<&IfMatch>,
    ) -> Result<VisiblePost, Undecided> {
        let found = self.find(actor, id).await?;
        permissions::permit_post_patch(actor, &found.view().post, patch)?;
        check_live(&found, if_match)?;
        self.apply(actor, found, patch).await
    }

    /// Publishes a draft.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::PreconditionFailed`], and
    /// [`Error::InvalidState`] for a post that is no draft, or deleted.
    pub async fn publish(
        &self,
        actor: &Actor,
        id: PostId,
        if_match: Option<&IfMatch>,
    ) -> Result<VisiblePost, Error> {
        permissions::permit(actor, Operation::PublishPost)?;
        until_settled(|| self.try_publish(actor, id, if_match)).await
    }

    async fn try_publish(
        &self,
        actor: &Actor,
        id: PostId,
        if_match: Option<&IfMatch>,
    ) -> Result<VisiblePost, Undecided> {
        let found = self.find(actor, id).await?;
        permissions::permit_post_moderation(actor, &found.view().post)?;
        check_live(&found, if_match)?;
        let status = found.view().post.status;
        if status != PostStatus::Draft {
            return Err(Error::InvalidState(InvalidState::NoDraft(status)).into());
        }
        let publication = PostPatch {
            status: Some(PostStatus::Published),
            ..PostPatch::default()
        };
        self.apply(actor, found, &publication).await
    }

    /// Deletes a post. Its slug is free again.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::PreconditionFailed`], and
    /// [`Error::InvalidState`] for a post that is deleted already.
    pub async fn delete(
        &self,
        actor: &Actor,
        id: PostId,
        if_match: Option<&IfMatch>,
    ) -> Result<(), Error> {
        permissions::permit(actor, Operation::DeletePost)?;
        until_settled(|| self.try_delete(actor, id, if_match)).await
    }

    async fn try_delete(
        &self,
        actor: &Actor,
        id: PostId,
        if_match: Option<&IfMatch>,
    ) -> Result<(), Undecided> {
        let found = self.find(actor, id).await?;
        let post = &found.view().post;
        permissions::permit_post_moderation(actor, post)?;
        check_live(&found, if_match)?;
        let at = self.ports.clock.now();
        Ok(self.ports.posts.delete(id, post.version, at).await?)
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
        actor: &Actor,
        id: PostId,
        if_match: Option<&IfMatch>,
    ) -> Result<VisiblePost, Error> {
        permissions::permit(actor, Operation::RestorePost)?;
        until_settled(|| self.try_restore(actor, id, if_match)).await
    }

    async fn try_restore(
        &self,
        actor: &Actor,
        id: PostId,
        if_match: Option<&IfMatch>,
    ) -> Result<VisiblePost, Undecided> {
        let found = self.find(actor, id).await?;
        let post = &found.view().post;
        IfMatch::check(if_match, post.version)?;
        if post.is_live() {
            return Err(Error::InvalidState(InvalidState::NotDeleted(Resource::Post)).into());
        }
        let at = self.ports.clock.now();
        let restored = self.ports.posts.restore(id, post.version, at).await?;
        Ok(visible(Some(Arc::new(restored)), actor)?)
    }

    /// Writes what a patch changes, if it changes anything.
    async fn apply(
        &self,
        actor: &Actor,
        found: VisiblePost,
        patch: &PostPatch,
    ) -> Result<VisiblePost, Undecided> {
        let view = found.view();
        let content = view
            .content
            .as_ref()
            .ok_or(Error::Internal(NoContent.into()))?;
        let at = self.ports.clock.now();
        let change = view.post.change(content, patch, at);
        let change = change.map_err(|error| Error::InvalidState(error.into()))?;
        let Some(change) = change else {
            return Ok(found);
        };
        let changed = self.ports.posts.change(change).await?;
        Ok(visible(Some(Arc::new(changed)), actor)?)
    }
}

/// The version that a client wants first, then that there is something to change.
fn check_live(post: &VisiblePost, if_match: Option<&IfMatch>) -> Result<(), Error> {
    let post = &post.view().post;
    IfMatch::check(if_match, post.version)?;
    if post.is_live() {
        Ok(())
    } else {
        Err(Error::InvalidState(InvalidState::Deleted(Resource::Post)))
    }
}
