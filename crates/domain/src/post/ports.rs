use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    Content, Excerpt, LockedPost, Metadata, MonthlyPosts, NewSlug, PostChange, PostHeadline,
    PostQuery, PostScope, PostStatus, PostView, Slug, StatusCount, Title,
};
use crate::entity::Liveness;
use crate::list::Page;
use crate::post::PostId;
use crate::repository::{Decide, RepositoryError};
use crate::user::UserId;

/// A post to be stored for the first time, without views, at
/// [`Version::FIRST`](crate::entity::Version::FIRST).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostRecord {
    /// The new post's id.
    pub id: PostId,
    /// Who writes it.
    pub author_id: UserId,
    /// The title.
    pub title: Title,
    /// The slug that it is to have.
    pub slug: NewSlug,
    /// The content.
    pub content: Content,
    /// A short text about it.
    pub excerpt: Option<Excerpt>,
    /// The status that it begins in.
    pub status: PostStatus,
    /// When it was published, if it is.
    pub published_at: Option<DateTime<Utc>>,
    /// The metadata.
    pub metadata: Metadata,
    /// When it was made.
    pub at: DateTime<Utc>,
}

/// Keeps posts, and the slugs that they had.
///
/// Each method is one transaction: it happens whole or not at all, whatever
/// becomes of the caller. When the future that asked for a write is dropped, a write that was
/// begun is finished; one that waits for its turn is not begun. Besides what its own comment names,
/// every method may answer [`RepositoryError::Unavailable`] and
/// [`RepositoryError::Internal`].
///
/// A slug is *taken* while a live post has it. It is *kept*, as a redirect, while it
/// leads to a post that had it and was known to readers: one row for each slug, for its
/// last such holder. A post gets a made slug only if it is neither taken nor kept. It
/// gets a named slug only if it is not taken. If the slug was kept, it is kept no longer from
/// the moment when the post was published under it: a draft takes no address away.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PostRepository: PostReader + Send + Sync {
    /// Stores a new post and returns it, with its content. Of any number of racing
    /// calls that make a slug of one title all succeed, each with its own.
    ///
    /// # Errors
    ///
    /// - [`RepositoryError::Duplicate`] with [`Post::UNIQUE_SLUG`] where a named slug is
    ///   taken;
    /// - [`RepositoryError::Conflict`] with [`CREDENTIALS_CHANGED`] where the author
    ///   is no longer live and active.
    ///
    /// [`Post::UNIQUE_SLUG`]: super::Post::UNIQUE_SLUG
    /// [`CREDENTIALS_CHANGED`]: crate::auth::CREDENTIALS_CHANGED
    async fn insert(&self, post: PostRecord) -> Result<PostView, RepositoryError>;

    /// The post of this id with its content, if there is one of that liveness.
    async fn find(
        &self,
        id: PostId,
        liveness: Liveness,
    ) -> Result<Option<PostView>, RepositoryError>;

    /// The live post that has this slug, with its content; or the live post that
    /// the slug is kept for, which then has another one.
    async fn find_by_slug(&self, slug: Slug) -> Result<Option<PostView>, RepositoryError>;

    /// A page of the posts within the scope, its next cursor, and the total where it was
    /// asked for. Deleted posts are listed only in [`PostScope::All`].
    ///
    /// The order is total (ties are settled by the id, in the same direction) and
    /// the same in every adapter: text by code point, posts that were never
    /// published below all others. A page of live posts that continues behind a
    /// cursor, which callers take from the same order, costs the same however deep
    /// it lies: alone, of one status, or of one author. Searches count to
    /// [`Total::SEARCH_BOUND`]. A page with content ends before its content passes
    /// [`PostQuery::MAX_CONTENT_BYTES`], after one post at least; contents beyond are not
    /// read.
    ///
    /// [`Total::SEARCH_BOUND`]: crate::list::Total::SEARCH_BOUND
    async fn list(
        &self,
        scope: PostScope,
        query: PostQuery,
    ) -> Result<Page<PostView>, RepositoryError>;

    /// Stores what a decision makes of a post, deleted or not, and returns it with its
    /// content. Of any number of racing decisions each sees what the one before has left,
    /// so none is lost.
    ///
    /// A decision returns the post after the change, one version on. Its id, author and
    /// the time when it was made stay, and its slug where the change names no new one.
    /// The slug of a post that is deleted is free again. The former slug is kept where
    /// the change says so; for a post that is restored only while it is kept for no
    /// other, and taken by none that was ever published.
    ///
    /// Where the post is deleted and its author is not, the author cannot be deleted
    /// before the change ends.
    ///
    /// # Errors
    ///
    /// - [`RepositoryError::NotFound`] where no post has the id;
    /// - [`RepositoryError::Refused`] where the decision refuses;
    /// - [`RepositoryError::Duplicate`] with [`Post::UNIQUE_SLUG`] where a named slug is
    ///   taken by another post.
    ///
    /// [`Post::UNIQUE_SLUG`]: super::Post::UNIQUE_SLUG
    async fn change(
        &self,
        id: PostId,
        decide: Decide<LockedPost, PostChange>,
    ) -> Result<PostView, RepositoryError>;

    /// The author's live, published posts that were first published last, newest
    /// first, at most so many.
    async fn latest_published(
        &self,
        author_id: UserId,
        limit: u8,
    ) -> Result<Vec<PostHeadline>, RepositoryError>;

    /// The author's live posts of each status that has any.
    async fn count_by_status(&self, author_id: UserId)
    -> Result<Vec<StatusCount>, RepositoryError>;

    /// The newest months, at most so many, that hold a live, published post of the
    /// author by its first publication, newest first.
    async fn count_by_month(
        &self,
        author_id: UserId,
        months: u8,
    ) -> Result<Vec<MonthlyPosts>, RepositoryError>;
}

/// Shows posts to readers. What it shows may be slightly old; the adapter says how old at
/// most. What is about to be changed, and what a change depends on, is read from
/// [`PostRepository`].
///
/// Every repository is a reader too, which shows what is stored at that moment.
#[async_trait]
pub trait PostReader: Send + Sync {
    /// As [`PostRepository::find`], of any liveness.
    async fn show(&self, id: PostId) -> Result<Option<Arc<PostView>>, RepositoryError>;

    /// As [`PostRepository::find_by_slug`].
    async fn show_by_slug(&self, slug: Slug) -> Result<Option<Arc<PostView>>, RepositoryError>;

    /// As [`PostRepository::list`].
    async fn show_list(
        &self,
        scope: PostScope,
        query: PostQuery,
    ) -> Result<Arc<Page<PostView>>, RepositoryError>;
}

#[async_trait]
impl<R: PostRepository + ?Sized> PostReader for R {
    async fn show(&self, id: PostId) -> Result<Option<Arc<PostView>>, RepositoryError> {
        Ok(self.find(id, Liveness::Any).await?.map(Arc::new))
    }

    async fn show_by_slug(&self, slug: Slug) -> Result<Option<Arc<PostView>>, RepositoryError> {
        Ok(self.find_by_slug(slug).await?.map(Arc::new))
    }

    async fn show_list(
        &self,
        scope: PostScope,
        query: PostQuery,
    ) -> Result<Arc<Page<PostView>>, RepositoryError> {
        self.list(scope, query).await.map(Arc::new)
    }
}
