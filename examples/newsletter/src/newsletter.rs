use std::sync::Arc;

use hexpress_app::permissions::Permit;
use hexpress_app::post::{PostPorts, PostService, SlugTarget};
use hexpress_app::{Error, Freshness};
use hexpress_domain::auth::{Actor, Principal, TokenId, TokenKind};
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::list::{Cursor, Direction, PageRequest, PageSize, Position, SortValue};
use hexpress_domain::post::{
    NewPost, PostFilter, PostId, PostQuery, PostRepository, PostSort, PostStatus, PostView,
    RawNewPost, Slug,
};
use hexpress_domain::user::Role;
use hexpress_domain::validation::ValidationErrors;
use uuid::Uuid;

use crate::archive::Masthead;
use crate::digest::{Digest, Month};
use crate::machine::Uncounted;

/// What the editor of a newsletter does: Hexpress's use cases of posts, in the words of letters.
pub struct Newsletter {
    masthead: Masthead,
    posts: PostService,
}

impl Newsletter {
    /// A newsletter whose letters are kept here.
    pub fn new(
        masthead: Masthead,
        posts: Arc<dyn PostRepository>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        let ports = PostPorts {
            reader: posts.clone(),
            posts,
            views: Arc::new(Uncounted),
            view_batches: Arc::new(Uncounted),
            clock,
            ids,
        };
        Self {
            masthead,
            posts: PostService::new(ports),
        }
    }

    /// Puts a letter aside, to be published later.
    ///
    /// # Errors
    ///
    /// [`Error::Validation`] with all that is wrong with it.
    pub async fn draft(&self, title: String, text: String) -> Result<PostView, Error> {
        let letter = NewPost::parse(RawNewPost {
            title: title.into(),
            content: text.into(),
            ..RawNewPost::default()
        })?;
        let draft = self
            .posts
            .create(&Permit::of(self.editor())?, letter)
            .await?;
        Ok(draft.view().clone())
    }

    /// Publishes a draft.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is no such letter, [`Error::InvalidState`] where it is no
    /// draft.
    pub async fn publish(&self, slug: &str) -> Result<PostView, Error> {
        let id = self.find(slug).await?;
        let published = self
            .posts
            .publish(&Permit::of(self.editor())?, id, None)
            .await?;
        Ok(published.view().clone())
    }

    /// All drafts, the latest first.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn drafts(&self) -> Result<Vec<PostView>, Error> {
        let mut drafts = Vec::new();
        let mut query = PostQuery {
            filter: PostFilter {
                status: Some(PostStatus::Draft),
                ..PostFilter::default()
            },
            ..PostQuery::default()
        };
        while self.next_page(&mut query, &mut drafts).await? {}
        Ok(drafts)
    }

    /// The letters that were published in a month, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn issue(&self, month: Month) -> Result<Digest, Error> {
        let is_of_month = |letter: &PostView| {
            let published_at = letter.post.published_at;
            published_at.is_some_and(|at| at < month.end())
        };
        let mut letters = Vec::new();
        let mut query = PostQuery {
            filter: PostFilter {
                status: Some(PostStatus::Published),
                with_content: true,
                ..PostFilter::default()
            },
            sort: PostSort::PublishedAt,
            direction: Direction::Ascending,
            page: PageRequest {
                // Before all that was published at the month's first instant.
                position: Position::After(Cursor {
                    value: SortValue::Time(Some(month.begin())),
                    id: Uuid::nil(),
                }),
                size: PageSize::try_from(PostQuery::MAX_SIZE_WITH_CONTENT).unwrap_or_default(),
                count: false,
            },
        };
        while self.next_page(&mut query, &mut letters).await? {
            if !letters.last().is_some_and(is_of_month) {
                break;
            }
        }
        letters.retain(is_of_month);
        Ok(Digest {
            newsletter: self.masthead.name.clone(),
            month,
            letters,
        })
    }

    /// Reads on; tells whether there is more behind.
    async fn next_page(
        &self,
        query: &mut PostQuery,
        letters: &mut Vec<PostView>,
    ) -> Result<bool, Error> {
        let page = self.posts.list(&self.editor(), query.clone()).await?;
        let page = page.page();
        letters.extend_from_slice(&page.items);
        let has_more = page.next.is_some();
        if let Some(cursor) = page.next.clone() {
            query.page.position = Position::After(cursor);
        }
        Ok(has_more)
    }

    async fn find(&self, slug: &str) -> Result<PostId, Error> {
        let slug: Slug = slug
            .parse()
            .map_err(|error| ValidationErrors::of("slug", error))?;
        match self
            .posts
            .read_by_slug(&self.editor(), slug, Freshness::Recent)
            .await?
        {
            SlugTarget::Post(letter) => Ok(letter.view().post.id),
            // A slug that the letter had once will do.
            SlugTarget::Moved(slug) => Box::pin(self.find(slug.as_str())).await,
        }
    }

    /// Whoever may open the file is its editor: there is no token to show.
    fn editor(&self) -> Actor {
        Actor::User(Principal {
            user_id: self.masthead.editor.id,
            role: Role::User,
            token_id: TokenId::new(Uuid::nil()),
            token_kind: TokenKind::Session,
        })
    }
}
