//! Posts.

use chrono::{DateTime, Utc};
use hexpress_domain::list::{Direction, Search, Sort as _};
use hexpress_domain::post::{
    Content, Excerpt, Metadata, NewPost, PostId, PostPatch, PostSort, PostStatus, Slug, Title,
};
use hexpress_domain::user::{FirstName, LastName, UserId};
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::list::{Filters, Page, Part, Things, filter};
use crate::{Client, EntityTag, Error, Tagged};

const PATH: &str = "posts";

/// What can be done with posts. See [`Client::posts`].
#[derive(Debug, Clone, Copy)]
pub struct Posts<'a>(&'a Client);

/// A post.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Post {
    /// The id.
    pub id: PostId,
    /// The title.
    pub title: Title,
    /// What stands for it in its URL.
    pub slug: Slug,
    /// What it says; `None` in lists that did not ask.
    pub content: Option<Content>,
    /// A short text about it.
    pub excerpt: Option<Excerpt>,
    /// Where it stands between its author's desk and its readers.
    pub status: PostStatus,
    /// When it was first published.
    pub published_at: Option<DateTime<Utc>>,
    /// How often it has been read.
    pub view_count: u64,
    /// What an application keeps beside it.
    pub metadata: Metadata,
    /// Who wrote it.
    pub author: Author,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted, if so. Only admins ever see such a post.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Who wrote a post.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Author {
    /// The user's id.
    pub id: UserId,
    /// The first name.
    pub first_name: FirstName,
    /// The last name, which may be empty.
    pub last_name: LastName,
    /// Both, with no trailing blank.
    pub full_name: String,
}

/// Which posts to list, of those that the caller may see, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListPosts {
    /// Only posts whose title or content contain this, in any case.
    pub search: Option<Search>,
    /// Only posts of this status.
    pub status: Option<PostStatus>,
    /// Only posts of this author.
    pub author_id: Option<UserId>,
    /// Whether to say what the posts say; then a page holds at most [`MAX_SIZE_WITH_CONTENT`].
    ///
    /// [`MAX_SIZE_WITH_CONTENT`]: hexpress_domain::post::PostQuery::MAX_SIZE_WITH_CONTENT
    pub with_content: bool,
    /// By admins: the deleted posts in place of the live ones.
    pub deleted: bool,
    /// What the list is ordered by.
    pub sort: PostSort,
    /// The direction of the order.
    pub direction: Direction,
    /// Which part of the list.
    pub part: Part,
}

impl ListPosts {
    fn filters(&self) -> Filters {
        let mut filters = vec![
            ("sortBy", self.sort.as_str().to_owned()),
            ("order", self.direction.as_str().to_owned()),
        ];
        filter(
            &mut filters,
            "search",
            self.search.as_ref().map(Search::folded),
        );
        filter(&mut filters, "status", self.status);
        filter(&mut filters, "authorId", self.author_id);
        filter(
            &mut filters,
            "include",
            self.with_content.then_some("content"),
        );
        filter(&mut filters, "deleted", self.deleted.then_some(true));
        filters
    }
}

#[derive(Serialize)]
struct NewPostBody<'a> {
    title: &'a Title,
    content: &'a Content,
    excerpt: Option<&'a Excerpt>,
    status: PostStatus,
    metadata: &'a Metadata,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<&'a Slug>,
}

#[derive(Serialize)]
struct Patch<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a Title>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a Content>,
    /// `null` takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<&'a Option<Excerpt>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<PostStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a Metadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<&'a Slug>,
}

impl Client {
    /// Posts.
    #[must_use]
    pub const fn posts(&self) -> Posts<'_> {
        Posts(self)
    }
}

impl Posts<'_> {
    /// Writes a post, as its author.
    ///
    /// # Errors
    ///
    /// [`DuplicateError`](crate::ErrorCode::DuplicateError) for a chosen slug that is taken.
    pub async fn create(self, post: &NewPost) -> Result<Tagged<Post>, Error> {
        // Each by name, so that a new field cannot be forgotten here.
        let NewPost {
            title,
            content,
            excerpt,
            status,
            metadata,
            slug,
        } = post;
        let body = NewPostBody {
            title,
            content,
            excerpt: excerpt.as_ref(),
            status: *status,
            metadata,
            slug: slug.as_ref(),
        };
        self.0.tagged(&Call::post(PATH).json(&body)?).await
    }

    /// One post.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorCode::NotFound) where there is none that the caller may see.
    pub async fn read(self, id: PostId) -> Result<Tagged<Post>, Error> {
        self.0.tagged(&Call::get(format!("{PATH}/{id}"))).await
    }

    /// The post that has this slug, or had it and has another one now.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorCode::NotFound) where it leads to none that the caller may see.
    pub async fn read_by_slug(self, slug: &Slug) -> Result<Tagged<Post>, Error> {
        self.0
            .tagged(&Call::get(format!("{PATH}/slug/{slug}")))
            .await
    }

    /// One page of posts.
    ///
    /// # Errors
    ///
    /// [`Forbidden`](crate::ErrorCode::Forbidden) for deleted ones, for all but admins.
    pub async fn list(self, list: &ListPosts) -> Result<Page<Post>, Error> {
        self.0.page(PATH, list.filters(), &list.part).await
    }

    /// Posts, over all pages. Its errors are those of [`Self::list`].
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    /// use hexpress_client::domain::list::{PageSize, Search};
    /// use hexpress_client::list::Part;
    /// use hexpress_client::post::ListPosts;
    ///
    /// # use std::error::Error;
    /// # async fn print(client: hexpress_client::Client) -> Result<(), Box<dyn Error>> {
    /// let mut posts = client.posts().stream(ListPosts {
    ///     search: Search::parse("engine")?,
    ///     part: Part { limit: PageSize::try_from(100)?, ..Part::default() },
    ///     ..ListPosts::default()
    /// });
    /// while let Some(post) = posts.try_next().await? {
    ///     println!("{}", post.title);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn stream(self, list: ListPosts) -> Things<Post> {
        self.0.things(PATH, list.filters(), list.part)
    }

    /// Changes a post; with a tag, only in the state that it stands for.
    ///
    /// # Errors
    ///
    /// [`PreconditionFailed`] for another state, [`InvalidState`] for a status that the post
    /// cannot get, [`DuplicateError`] for a slug that is taken, [`Forbidden`] with the fields that
    /// the caller may not send, [`NotFound`].
    ///
    /// [`PreconditionFailed`]: crate::ErrorCode::PreconditionFailed
    /// [`InvalidState`]: crate::ErrorCode::InvalidState
    /// [`DuplicateError`]: crate::ErrorCode::DuplicateError
    /// [`Forbidden`]: crate::ErrorCode::Forbidden
    /// [`NotFound`]: crate::ErrorCode::NotFound
    pub async fn update(
        self,
        id: PostId,
        patch: &PostPatch,
        tag: Option<&EntityTag>,
    ) -> Result<Tagged<Post>, Error> {
        // Each by name, so that a new field cannot be forgotten here.
        let PostPatch {
            title,
            content,
            excerpt,
            status,
            metadata,
            slug,
        } = patch;
        let body = Patch {
            title: title.as_ref(),
            content: content.as_ref(),
            excerpt: excerpt.as_ref(),
            status: *status,
            metadata: metadata.as_ref(),
            slug: slug.as_ref(),
        };
        let call = Call::patch(format!("{PATH}/{id}"))
            .json(&body)?
            .if_match(tag);
        self.0.tagged(&call).await
    }

    /// Publishes a draft; with a tag, only in the state that it stands for.
    ///
    /// # Errors
    ///
    /// [`PreconditionFailed`] for another state, [`InvalidState`] for a post that is no draft.
    ///
    /// [`PreconditionFailed`]: crate::ErrorCode::PreconditionFailed
    /// [`InvalidState`]: crate::ErrorCode::InvalidState
    pub async fn publish(self, id: PostId, tag: Option<&EntityTag>) -> Result<Tagged<Post>, Error> {
        self.0
            .tagged(&Call::post(format!("{PATH}/{id}/publish")).if_match(tag))
            .await
    }

    /// Deletes a post; with a tag, only in the state that it stands for.
    ///
    /// # Errors
    ///
    /// [`PreconditionFailed`](crate::ErrorCode::PreconditionFailed) for another state.
    pub async fn delete(self, id: PostId, tag: Option<&EntityTag>) -> Result<(), Error> {
        self.0
            .done(&Call::delete(format!("{PATH}/{id}")).if_match(tag))
            .await
    }

    /// Undoes a deletion. For admins.
    ///
    /// # Errors
    ///
    /// [`InvalidState`](crate::ErrorCode::InvalidState) for a post that is not deleted, or whose
    /// author is.
    pub async fn restore(self, id: PostId, tag: Option<&EntityTag>) -> Result<Tagged<Post>, Error> {
        self.0
            .tagged(&Call::post(format!("{PATH}/{id}/restore")).if_match(tag))
            .await
    }
}
