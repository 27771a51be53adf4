//! Posts in the database, and the counts of their views.

mod batch;
mod deleted_with_author;
mod list;
mod read;
mod rows;
mod selection;
#[cfg(test)]
mod slow_plans;
#[cfg(test)]
mod slow_texts;
mod slugs;
mod statistics;
mod view_buffer;
mod views;
mod write;

use async_trait::async_trait;
use hexpress_database::Database;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::Page;
use hexpress_domain::post::{
    LockedPost, MonthlyPosts, PostChange, PostHeadline, PostId, PostQuery, PostRecord,
    PostRepository, PostScope, PostView, Slug, StatusCount,
};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::UserId;

pub(crate) use deleted_with_author::{delete_with_author, restore_with_author};
pub(crate) use rows::search_text;
pub use view_buffer::BufferedViewCounter;
pub(crate) use views::Addition;
pub use views::DieselViewRepository;

/// [`PostRepository`] in the database.
///
/// A transaction takes several locks in this order: the author, posts by id, the slugs of
/// stems, the views of posts, slug redirects. The restoring of an author takes the slugs of its
/// stems before its posts. It holds the author, whom a restoring of one post locks first, and
/// purges skip posts that are locked: so nobody waits in a circle.
#[derive(Clone)]
pub struct DieselPostRepository {
    database: Database,
}

impl DieselPostRepository {
    /// Posts of this database, whose migrations have been run.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl PostRepository for DieselPostRepository {
    async fn insert(&self, post: PostRecord) -> Result<PostView, RepositoryError> {
        // Before anybody waits for this.
        let search_text = search_text(&post.title, &post.content);
        self.database
            .write((post, search_text), |connection, (post, search_text)| {
                Box::pin(write::insert(connection, post, search_text))
            })
            .await
    }

    async fn find(
        &self,
        id: PostId,
        liveness: Liveness,
    ) -> Result<Option<PostView>, RepositoryError> {
        let view = self
            .database
            .look_up(id, |connection, &id| Box::pin(read::find(connection, id)))
            .await?;
        Ok(view.filter(|view| match liveness {
            Liveness::Live => view.post.deleted_at.is_none(),
            Liveness::Deleted => view.post.deleted_at.is_some(),
            Liveness::Any => true,
        }))
    }

    async fn find_by_slug(&self, slug: Slug) -> Result<Option<PostView>, RepositoryError> {
        self.database
            .look_up(slug, |connection, slug| {
                Box::pin(read::find_by_slug(connection, slug))
            })
            .await
    }

    async fn list(
        &self,
        scope: PostScope,
        query: PostQuery,
    ) -> Result<Page<PostView>, RepositoryError> {
        let is_search = query.filter.search.is_some();
        let input = (scope, query);
        crate::list::read(&self.database, is_search, input, |connection, input| {
            Box::pin(list::page(connection, input.0, &input.1))
        })
        .await
    }

    async fn change(
        &self,
        id: PostId,
        decide: Decide<LockedPost, PostChange>,
    ) -> Result<PostView, RepositoryError> {
        self.database
            .change((id, decide), |connection, (id, decide)| {
                Box::pin(write::change(connection, *id, decide))
            })
            .await
    }

    async fn latest_published(
        &self,
        author_id: UserId,
        limit: u8,
    ) -> Result<Vec<PostHeadline>, RepositoryError> {
        self.database
            .read((author_id, limit), |connection, &(author_id, limit)| {
                Box::pin(statistics::latest_published(connection, author_id, limit))
            })
            .await
    }

    async fn count_by_status(
        &self,
        author_id: UserId,
    ) -> Result<Vec<StatusCount>, RepositoryError> {
        self.database
            .read(author_id, |connection, &author_id| {
                Box::pin(statistics::count_by_status(connection, author_id))
            })
            .await
    }

    async fn count_by_month(
        &self,
        author_id: UserId,
        months: u8,
    ) -> Result<Vec<MonthlyPosts>, RepositoryError> {
        self.database
            .read((author_id, months), |connection, &(author_id, months)| {
                Box::pin(statistics::count_by_month(connection, author_id, months))
            })
            .await
    }
}
