use std::iter;
use std::sync::Arc;

use async_trait::async_trait;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::Page;
use hexpress_domain::post::{
    LockedPost, MonthlyPosts, PostChange, PostHeadline, PostId, PostQuery, PostReader, PostRecord,
    PostRepository, PostScope, PostSort, PostStatus, PostView, Slug, StatusCount,
};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::UserId;

use super::invalidations::{Invalidations, Subject, may_have_written};
use super::reads::{Kept, Reads};

/// Shows posts from memory.
pub(super) struct CachingPostReader {
    pub(super) posts: Arc<dyn PostRepository>,
    pub(super) kept: Arc<Reads<KeptPost>>,
    pub(super) pages: Arc<Reads<KeptPage>>,
}

/// How a post is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum PostKey {
    Id(PostId),
    Slug(Slug),
}

#[derive(Clone)]
pub(super) struct KeptPost(Arc<PostView>);

#[derive(Clone)]
pub(super) struct KeptPage(Arc<Page<PostView>>);

impl Kept for KeptPost {
    type Key = PostKey;

    fn weight(&self) -> u64 {
        weight(&self.0)
    }

    fn subjects(key: &PostKey, found: Option<&Self>) -> impl Iterator<Item = Subject> {
        let asked = match key {
            PostKey::Id(id) => Subject::Post(*id),
            PostKey::Slug(slug) => Subject::Slug(slug.clone()),
        };
        let found = found.map(|KeptPost(view)| {
            [
                Subject::Post(view.post.id),
                Subject::Author(view.post.author_id),
            ]
        });
        [asked].into_iter().chain(found.into_iter().flatten())
    }
}

impl Kept for KeptPage {
    type Key = PostQuery;

    fn weight(&self) -> u64 {
        self.0.items.iter().map(weight).sum()
    }

    fn subjects(_: &PostQuery, _: Option<&Self>) -> impl Iterator<Item = Subject> {
        [Subject::PostPages].into_iter()
    }
}

/// Drafts, and what is deleted, are for a few: nobody else is shown what those found.
fn published(found: &Option<KeptPost>) -> Option<&KeptPost> {
    found
        .as_ref()
        .filter(|KeptPost(view)| view.post.is_live() && view.post.status == PostStatus::Published)
}

/// About how many bytes a post takes in memory.
fn weight(view: &PostView) -> u64 {
    const OTHERS: usize = 512;
    let content = view.content.as_ref().map_or(0, |text| text.as_str().len());
    let excerpt = view.post.excerpt.as_ref();
    let bytes = content
        + excerpt.map_or(0, |text| text.as_str().len())
        + view.post.title.as_str().len()
        + view.post.slug.as_str().len()
        + view.post.metadata.as_str().len()
        + OTHERS;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[async_trait]
impl PostReader for CachingPostReader {
    async fn show(&self, id: PostId) -> Result<Option<Arc<PostView>>, RepositoryError> {
        let read = async { Ok(self.posts.show(id).await?.map(KeptPost)) };
        let found = self.kept.get(&PostKey::Id(id), published, read).await?;
        Ok(found.map(|KeptPost(view)| view))
    }

    async fn show_by_slug(&self, slug: Slug) -> Result<Option<Arc<PostView>>, RepositoryError> {
        let key = PostKey::Slug(slug.clone());
        let read = async { Ok(self.posts.show_by_slug(slug).await?.map(KeptPost)) };
        let found = self.kept.get(&key, published, read).await?;
        Ok(found.map(|KeptPost(view)| view))
    }

    async fn show_list(
        &self,
        scope: PostScope,
        query: PostQuery,
    ) -> Result<Arc<Page<PostView>>, RepositoryError> {
        let is_public =
            scope == PostScope::Published || query.filter.status == Some(PostStatus::Published);
        if !is_public
            || query.filter.liveness != Liveness::Live
            || query.sort == PostSort::ViewCount
        {
            return self.posts.show_list(scope, query).await;
        }
        let read = async {
            let page = self.posts.show_list(PostScope::Published, query.clone());
            Ok(KeptPage(page.await?))
        };
        let KeptPage(page) = self.pages.get(&query, |page| Some(page), read).await?;
        Ok(page)
    }
}

/// Tells of every write of posts.
pub(super) struct InvalidatingPostRepository {
    pub(super) posts: Arc<dyn PostRepository>,
    pub(super) invalidations: Arc<Invalidations>,
}

impl InvalidatingPostRepository {
    fn written(&self, id: PostId, outcome: &Result<PostView, RepositoryError>) {
        // A slug that the post has now leads to no other any more.
        let slug = outcome.as_ref().ok().map(|view| view.post.slug.clone());
        let pages = may_have_written(outcome).then_some(Subject::PostPages);
        let others = pages.into_iter().chain(slug.map(Subject::Slug));
        self.invalidations
            .written(iter::once(Subject::Post(id)).chain(others));
    }
}

#[async_trait]
impl PostRepository for InvalidatingPostRepository {
    async fn insert(&self, post: PostRecord) -> Result<PostView, RepositoryError> {
        let id = post.id;
        let outcome = self.posts.insert(post).await;
        self.written(id, &outcome);
        outcome
    }

    async fn find(
        &self,
        id: PostId,
        liveness: Liveness,
    ) -> Result<Option<PostView>, RepositoryError> {
        self.posts.find(id, liveness).await
    }

    async fn find_by_slug(&self, slug: Slug) -> Result<Option<PostView>, RepositoryError> {
        self.posts.find_by_slug(slug).await
    }

    async fn list(
        &self,
        scope: PostScope,
        query: PostQuery,
    ) -> Result<Page<PostView>, RepositoryError> {
        self.posts.list(scope, query).await
    }

    async fn change(
        &self,
        id: PostId,
        decide: Decide<LockedPost, PostChange>,
    ) -> Result<PostView, RepositoryError> {
        let outcome = self.posts.change(id, decide).await;
        self.written(id, &outcome);
        outcome
    }

    async fn latest_published(
        &self,
        author_id: UserId,
        limit: u8,
    ) -> Result<Vec<PostHeadline>, RepositoryError> {
        self.posts.latest_published(author_id, limit).await
    }

    async fn count_by_status(
        &self,
        author_id: UserId,
    ) -> Result<Vec<StatusCount>, RepositoryError> {
        self.posts.count_by_status(author_id).await
    }

    async fn count_by_month(
        &self,
        author_id: UserId,
        months: u8,
    ) -> Result<Vec<MonthlyPosts>, RepositoryError> {
        self.posts.count_by_month(author_id, months).await
    }
}
