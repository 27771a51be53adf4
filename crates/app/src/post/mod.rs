//! Posts: writing, reading, listing, publishing.
//! [`UserService`](crate::user::UserService) has the statistics of an author's posts.

mod change;

use std::sync::Arc;

use hexpress_domain::auth::{Actor, CREDENTIALS_CHANGED};
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::id::Id;
use hexpress_domain::post::{
    MadeSlug, NewPost, NewSlug, PostId, PostQuery, PostReader, PostRecord, PostRepository,
    PostStatus, PostView, Slug, ViewBatch, ViewCounter, ViewRepository,
};
use hexpress_domain::repository::RepositoryError;

use crate::permissions::operations::CreatePost;
pub use crate::permissions::{VisiblePage, VisiblePost};

use crate::permissions::{self, Permit};
use crate::{Error, Freshness, Resource};

/// What the use cases of posts need.
pub struct PostPorts {
    /// Keeps posts.
    pub posts: Arc<dyn PostRepository>,
    /// Shows them to those who only read.
    pub reader: Arc<dyn PostReader>,
    /// Takes note of views.
    pub views: Arc<dyn ViewCounter>,
    /// Keeps what views were counted.
    pub view_batches: Arc<dyn ViewRepository>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn IdGenerator>,
}

/// The use cases of posts.
pub struct PostService {
    ports: PostPorts,
}

/// What a slug leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlugTarget {
    /// The post that has it.
    Post(VisiblePost),
    /// The present slug of the post that had it.
    Moved(Slug),
}

impl PostService {
    /// Puts the use cases on their ports.
    #[must_use]
    pub const fn new(ports: PostPorts) -> Self {
        Self { ports }
    }

    /// Writes a post, as its author. Where the client has chosen no slug, the title
    /// makes one.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`]; [`Error::InvalidToken`] where the author has been
    /// deleted or deactivated meanwhile; [`Error::Duplicate`] for a chosen slug that
    /// is taken.
    pub async fn create(
        &self,
        who: &Permit<CreatePost>,
        command: NewPost,
    ) -> Result<VisiblePost, Error> {
        let author = who.principal()?;
        let at = self.ports.clock.now();
        let record = PostRecord {
            id: Id::generate(&*self.ports.ids),
            author_id: author.user_id,
            slug: match command.slug {
                Some(slug) => NewSlug::Named(slug),
                None => NewSlug::Made(MadeSlug::of_title(&command.title)),
            },
            title: command.title,
            content: command.content,
            excerpt: command.excerpt,
            status: command.status,
            published_at: (command.status == PostStatus::Published).then_some(at),
            metadata: command.metadata,
            at,
        };
        match self.ports.posts.insert(record).await {
            Ok(post) => visible(Some(Arc::new(post)), who.actor()),
            Err(RepositoryError::Conflict(CREDENTIALS_CHANGED)) => Err(Error::InvalidToken),
            Err(error) => Err(error.into()),
        }
    }

    /// One post.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is none that the actor may see.
    pub async fn read(
        &self,
        actor: &Actor,
        id: PostId,
        freshness: Freshness,
    ) -> Result<VisiblePost, Error> {
        visible(self.reader(freshness).show(id).await?, actor)
    }

    /// What a slug leads to. One that a post had while readers could know it leads
    /// there for good, unless another post has it by now.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where it leads to no live post that the actor may see.
    pub async fn read_by_slug(
        &self,
        actor: &Actor,
        slug: Slug,
        freshness: Freshness,
    ) -> Result<SlugTarget, Error> {
        let found = self.reader(freshness).show_by_slug(slug.clone()).await?;
        let post = visible(found, actor)?;
        let present = &post.view().post.slug;
        if *present == slug {
            Ok(SlugTarget::Post(post))
        } else {
            Ok(SlugTarget::Moved(present.clone()))
        }
    }

    fn reader(&self, freshness: Freshness) -> &dyn PostReader {
        match freshness {
            Freshness::Recent => &*self.ports.reader,
            Freshness::Present => &*self.ports.posts,
        }
    }

    /// Counts a view, unless a read by this actor does not count. Returns at once and
    /// never fails.
    pub fn count_view(&self, actor: &Actor, post: &VisiblePost) {
        let post = &post.view().post;
        if post.counts_view_of(actor) {
            self.ports.views.record(post.id);
        }
    }

    /// Forgets batches of views that nobody sends again; returns how many.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn sweep(&self) -> Result<u64, Error> {
        let before = self.ports.clock.now() - ViewBatch::KEPT;
        Ok(self.ports.view_batches.forget_batches(before).await?)
    }

    /// A page of the posts that the actor may see.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] and [`Error::Forbidden`] for those who ask for
    /// deleted posts and may not; [`Error::Validation`] for a cursor of another order.
    pub async fn list(&self, actor: &Actor, query: PostQuery) -> Result<VisiblePage, Error> {
        permissions::permit_filter(actor, &query.filter)?;
        query.check_cursor()?;
        let scope = permissions::visible_posts(actor);
        let page = self.ports.reader.show_list(scope, query).await?;
        Ok(VisiblePage::of(page, actor))
    }
}

fn visible(post: Option<Arc<PostView>>, actor: &Actor) -> Result<VisiblePost, Error> {
    let post = post.and_then(|post| VisiblePost::of(post, actor));
    post.ok_or(Error::NotFound(Resource::Post))
}
