use hexpress_app::{Error, InvalidState, Resource};
use hexpress_domain::post::{
    Author, Content, Excerpt, Metadata, Post, PostHeadline, PostId, PostStatus, PostView, Slug,
    Title, TransitionError,
};
use hexpress_domain::user::UserId;
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::error::ApiError;
use crate::openapi::error_responses::error_responses;
use crate::openapi::parameters::path;
use crate::respond::Tagged;
use crate::time::Timestamp;

/// The types of fields, as the document names and bounds them.
pub(crate) mod types {
    use hexpress_domain::post;
    use serde_json::json;
    use utoipa::openapi::ObjectBuilder;
    use utoipa::openapi::schema::AdditionalProperties;

    pub(crate) use crate::openapi::types::{FirstName, Id, LastName};
    use crate::openapi::types::{bounded, field_types, integer, one_of, text};

    field_types! {
        Title => bounded(post::Title::MIN_LENGTH, post::Title::MAX_LENGTH)
            .examples(["On Computing"]);
        /// Of a post, in an address.
        Slug => slug();
        /// A slug that a client chooses.
        NewSlug => {
            let text = "Chosen, in place of one that the title makes";
            slug().description(Some(text))
        };
        Content => bounded(post::Content::MIN_LENGTH, post::Content::MAX_LENGTH)
            .examples(["Once there was an engine."]);
        Excerpt => bounded(post::Excerpt::MIN_LENGTH, post::Excerpt::MAX_LENGTH)
            .examples(["Of engines"]);
        PostStatus => one_of(post::PostStatus::ALL.map(post::PostStatus::as_str));
        /// A status in which a post can begin.
        InitialStatus => {
            let names = [post::PostStatus::Draft, post::PostStatus::Published];
            let default = json!(post::PostStatus::default().as_str());
            let status = one_of(names.map(post::PostStatus::as_str));
            status.default(Some(default))
        };
        Metadata => {
            let text = format!(
                "Any JSON object: at most {} bytes as compact text, and {} levels deep. It comes back \
                 as it went in",
                post::Metadata::MAX_SIZE,
                post::Metadata::MAX_DEPTH
            );
            ObjectBuilder::new()
                .description(Some(text))
                .additional_properties(Some(AdditionalProperties::FreeForm(true)))
                .examples([json!({"tags": ["engines"]})])
        };
        ViewCount => integer()
            .minimum(Some(0))
            .description(Some("It may lag two seconds behind"))
            .examples([json!(42)]);
    }

    fn slug() -> ObjectBuilder {
        text()
            .pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$"))
            .max_length(Some(post::Slug::MAX_LENGTH))
            .examples(["on-computing"])
    }
}

/// The longest body of a request about posts, where it is not configured otherwise.
const POST_BODY_LIMIT: usize = 10 * 1024 * 1024;

error_responses! {
    /// For a field of a post that its author may send.
    ForbiddenPostField => Error::Forbidden { fields: vec!["title"] };
    PostNotFound => Error::NotFound(Resource::Post);
    /// For a body beyond the limit of posts, which is a setting.
    PostTooLarge => {
        let limit = POST_BODY_LIMIT;
        ApiError::BodyTooLarge { limit }
    };
    SlugTaken => Error::Duplicate(Post::UNIQUE_SLUG);
    /// For a status that a post cannot get from its own.
    Transition => {
        let from = PostStatus::Draft;
        let to = PostStatus::Archived;
        let state = InvalidState::Transition(TransitionError { from, to });
        Error::InvalidState(state)
    };
    NoDraft => Error::InvalidState(InvalidState::NoDraft(PostStatus::Published));
    PostDeleted => Error::InvalidState(InvalidState::Deleted(Resource::Post));
    PostNotDeleted => Error::InvalidState(InvalidState::NotDeleted(Resource::Post));
    AuthorDeleted => Error::InvalidState(InvalidState::AuthorDeleted);
}

/// The `{slug}` of a path.
pub(super) struct PathSlug;

impl IntoParams for PathSlug {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path("slug", types::Slug::schema())]
    }
}

/// The slug that a post has now.
#[derive(Serialize, ToSchema)]
pub(super) struct Moved<'a> {
    #[schema(value_type = types::Slug)]
    pub(super) slug: &'a Slug,
}

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
