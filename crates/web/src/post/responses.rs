use hexpress_domain::post::PostId;
use hexpress_domain::post::{
    Author, Content, Excerpt, Metadata, PostHeadline, PostStatus, PostView, Slug, Title,
};
use hexpress_domain::user::UserId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::openapi::types;
use crate::respond::Tagged;
use crate::time::Timestamp;

/// A post, as all see it who may see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostAnswer<'a> {
    #[schema(value_type = types::Id)]
    id: PostId,
    #[schema(value_type = types::Title)]
    title: &'a Title,
    #[schema(value_type = types::Slug)]
    slug: &'a Slug,
    /// Lists leave it out unless asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = types::Content, required = false)]
    content: Option<&'a Content>,
    #[schema(value_type = Option<types::Excerpt>, required = true)]
    excerpt: Option<&'a Excerpt>,
    #[schema(value_type = types::PostStatus)]
    status: PostStatus,
    /// When it was published first; null where it never was.
    #[schema(required = true)]
    published_at: Option<Timestamp>,
    #[schema(value_type = types::ViewCount)]
    view_count: u64,
    #[schema(value_type = types::Metadata)]
    metadata: &'a Metadata,
    pub(super) author: AuthorAnswer<'a>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Only admins ever see a post that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Timestamp, required = false)]
    deleted_at: Option<Timestamp>,
}

/// Who wrote a post: never with an email address.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthorAnswer<'a> {
    #[schema(value_type = types::Id)]
    id: UserId,
    #[schema(value_type = types::FirstName)]
    first_name: &'a str,
    #[schema(value_type = types::LastName)]
    last_name: &'a str,
    #[schema(example = "Ada Lovelace")]
    full_name: String,
}

impl<'a> From<&'a PostView> for PostAnswer<'a> {
    fn from(view: &'a PostView) -> Self {
        let post = &view.post;
        Self {
            id: post.id,
            title: &post.title,
            slug: &post.slug,
            content: view.content.as_ref(),
            excerpt: post.excerpt.as_ref(),
            status: post.status,
            published_at: post.published_at.map(Timestamp),
            view_count: view.view_count,
            metadata: &post.metadata,
            author: (&view.author).into(),
            created_at: Timestamp(post.created_at),
            updated_at: Timestamp(post.updated_at),
            deleted_at: post.deleted_at.map(Timestamp),
        }
    }
}

impl<'a> From<&'a Author> for AuthorAnswer<'a> {
    fn from(author: &'a Author) -> Self {
        Self {
            id: author.id,
            full_name: author.name.full(),
            first_name: author.name.first.as_str(),
            last_name: author.name.last.as_str(),
        }
    }
}

/// A post in its author's profile.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Headline {
    #[schema(value_type = types::Id)]
    id: PostId,
    #[schema(value_type = types::Title)]
    title: Title,
    #[schema(value_type = types::Slug)]
    slug: Slug,
    published_at: Timestamp,
}

impl From<PostHeadline> for Headline {
    fn from(post: PostHeadline) -> Self {
        Self {
            id: post.id,
            title: post.title,
            slug: post.slug,
            published_at: Timestamp(post.published_at),
        }
    }
}

/// The version stands for all that the post itself says; beside it, the answer shows
/// who wrote it. Views are left out of the tag, so that none changes it.
pub(super) fn show(view: &PostView) -> Result<Tagged, ApiError> {
    let shown = PostAnswer::from(view);
    Tagged::beside(view.post.version, &shown.author, &shown)
}
