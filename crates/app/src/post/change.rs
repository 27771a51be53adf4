use std::sync::Arc;

use chrono::{DateTime, Utc};
use hexpress_domain::auth::Actor;
use hexpress_domain::post::{
    LockedPost, Post, PostChange, PostId, PostPatch, PostStatus, PostView, TransitionError,
};
use hexpress_domain::repository::Refusal;

use super::{PostService, VisiblePost, visible};
use crate::permissions::operations::{ChangePost, DeletePost, PublishPost, RestorePost};
use crate::permissions::{self, Permit};
use crate::{Error, IfMatch, InvalidState, Resource};

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
        if_match: Option<&IfMatch>,
    ) -> Result<VisiblePost, Error> {
        let actor = who.actor();
        // Others wait for the post while the change is decided and stored.
        if let Some(content) = &patch.content {
            let _ = content.folded();
        }
        let patch = Arc::new(patch);
        let asked = Arc::clone(&patch);
        let permit = move |actor: &_, post: &_| permissions::permit_post_patch(actor, post, &asked);
        let decide = move |LockedPost { post, content, .. }: &LockedPost, at| {
            require_live(post)?;
            Ok(post.change(content, &patch, at)?)
        };
        let changed = self.change(actor, id, if_match, permit, decide).await?;
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
        if_match: Option<&IfMatch>,
    ) -> Result<VisiblePost, Error> {
        let actor = who.actor();
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
        let permit = permissions::permit_post_moderation;
        let published = self.change(actor, id, if_match, permit, decide).await?;
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
        if_match: Option<&IfMatch>,
    ) -> Result<(), Error> {
        let actor = who.actor();
        let decide = |LockedPost { post, .. }: &LockedPost, at| {
            require_live(post)?;
            Ok(Some(post.deletion(at)))
        };
        let permit = permissions::permit_post_moderation;
        let deleted = self.change(actor, id, if_match, permit, decide).await;
        deleted.map(drop)
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
        if_match: Option<&IfMatch>,
    ) -> Result<VisiblePost, Error> {
        let actor = who.actor();
        let decide = |locked: &LockedPost, at| {
            let state = match (locked.post.is_live(), locked.is_author_deleted) {
                (true, _) => InvalidState::NotDeleted(Resource::Post),
                (false, true) => InvalidState::AuthorDeleted,
                (false, false) => return Ok(Some(locked.post.restoration(at))),
            };
            Err(Error::InvalidState(state))
        };
        let permit = |_: &_, _: &_| Ok(());
        let restored = self.change(actor, id, if_match, permit, decide).await?;
        visible(Some(Arc::new(restored)), actor)
    }

    /// Changes a post that the actor sees and may change, at the version that the client
    /// wants.
    async fn change<P, D>(
        &self,
        actor: &Actor,
        id: PostId,
        if_match: Option<&IfMatch>,
        permit: P,
        decide: D,
    ) -> Result<PostView, Error>
    where
        P: Fn(&Actor, &Post) -> Result<(), Error> + Send + Sync + 'static,
        D: Fn(&LockedPost, DateTime<Utc>) -> Result<Option<PostChange>, Error>
            + Send
            + Sync
            + 'static,
    {
        let (actor, if_match) = (actor.clone(), if_match.cloned());
        let clock = Arc::clone(&self.ports.clock);
        let decide = move |locked: &LockedPost| -> Result<_, Refusal> {
            if !permissions::sees_post(&actor, &locked.post) {
                return Err(Error::NotFound(Resource::Post).into());
            }
            permit(&actor, &locked.post)?;
            IfMatch::check(if_match.as_ref(), locked.post.version)?;
            Ok(decide(locked, clock.now())?)
        };
        let changed = self.ports.posts.change(id, Arc::new(decide)).await;
        changed.map_err(Error::about(Resource::Post))
    }
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
