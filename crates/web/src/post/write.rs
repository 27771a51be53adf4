use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Permit;
use hexpress_app::permissions::operations::{
    ChangePost, CreatePost, DeletePost, PublishPost, RestorePost,
};
use hexpress_domain::post::{NewPost, PostId, PostPatch, RawNewPost, RawPostPatch};
use hexpress_domain::validation::ValidationErrors;
use serde_json::{Value, json};

use super::responses::{
    AuthorDeleted, ForbiddenPostField, NoDraft, PostAnswer, PostDeleted, PostNotDeleted,
    PostNotFound, PostTooLarge, SlugTaken, Transition, show, types,
};
use crate::api::{Api, Settings};
use crate::error::ApiError;
use crate::extract::{Body, Checked, Declared, Described, Form};
use crate::openapi::error_responses::Forbidden;
use crate::openapi::parameters::{IfMatch, PathId};
use crate::respond::{self, Done, Written};

type NewPostBody = Described<RawNewPost>;
type PostPatchBody = Described<RawPostPatch>;

impl Declared for RawNewPost {
    const NAME: &'static str = "NewPostBody";
    const DESCRIPTION: &'static str = "A post to be written.";

    fn declare(form: &mut Form) -> Self {
        Self {
            title: form.required::<types::Title>("title").text(),
            content: form.required::<types::Content>("content").text(),
            excerpt: form.nullable::<types::Excerpt>("excerpt").text(),
            status: form.unnamed::<types::InitialStatus>("status").text(),
            metadata: form.optional::<types::Metadata>("metadata").object(),
            slug: form.optional::<types::NewSlug>("slug").text(),
        }
    }
}

impl Body for NewPost {
    type Raw = RawNewPost;

    fn limit(settings: &Settings) -> usize {
        settings.post_body_limit
    }

    fn from_raw(raw: RawNewPost, _: &Api) -> Result<Self, ValidationErrors> {
        Self::parse(raw)
    }
}

/// Write a post
///
/// The caller is its author. Where no slug is chosen, the title makes one.
#[utoipa::path(
    post,
    path = "/posts",
    tag = "Posts",
    request_body = NewPostBody,
    responses(
        (status = 201, description = "Post created successfully", body = Written<PostAnswer>, headers(("ETag"))),
        PostTooLarge,
        SlugTaken,
    ),
    security(("token" = [])),
)]
pub(super) async fn create_post(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<CreatePost>, (), (), NewPost>,
) -> Result<Response, ApiError> {
    let Checked { who, body, .. } = request;
    let post = api.services.posts.create(&who, body).await?;
    let location = api.location("posts", post.view().post.id);
    Ok(show(post.view())?.created("Post created successfully", &location))
}

impl Declared for RawPostPatch {
    const NAME: &'static str = "PostPatchBody";
    const DESCRIPTION: &'static str = "A change to a post: what is absent stays as it is.";

    fn declare(form: &mut Form) -> Self {
        Self {
            title: form.optional::<types::Title>("title").text(),
            content: form.optional::<types::Content>("content").text(),
            excerpt: form
                .nullable::<types::Excerpt>("excerpt")
                .about("Null takes it away.")
                .text(),
            status: form
                .optional::<types::PostStatus>("status")
                .about(
                    "From `draft` to `published` and back, from `published` to `archived` and back.",
                )
                .text(),
            metadata: form
                .optional::<types::Metadata>("metadata")
                .about("Replaces all of the old.")
                .object(),
            slug: form.optional::<types::NewSlug>("slug").text(),
        }
    }

    fn example() -> Option<Value> {
        Some(json!({"title": "On Computing", "status": "published"}))
    }
}

impl Body for PostPatch {
    type Raw = RawPostPatch;

    fn limit(settings: &Settings) -> usize {
        settings.post_body_limit
    }

    fn from_raw(raw: RawPostPatch, _: &Api) -> Result<Self, ValidationErrors> {
        Self::parse(raw)
    }
}

/// Change a post
///
/// By its author and admins; moderators change its `status`. The slug follows a new title until the post is first published or a slug is chosen.
#[utoipa::path(
    patch,
    path = "/posts/{id}",
    tag = "Posts",
    params(PathId, IfMatch),
    request_body = PostPatchBody,
    responses(
        (status = 200, description = "Post updated successfully", body = Written<PostAnswer>, headers(("ETag"))),
        Forbidden,
        ForbiddenPostField,
        PostNotFound,
        PostTooLarge,
        SlugTaken,
        Transition,
        PostDeleted,
    ),
    security(("token" = [])),
)]
pub(super) async fn update_post(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ChangePost>, PostId, (), PostPatch>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    let updated = api
        .services
        .posts
        .update(who, request.path, request.body, preconditions);
    Ok(show(updated.await?.view())?.written("Post updated successfully"))
}

/// Publish a draft
///
/// By its author, moderators and admins.
#[utoipa::path(
    post,
    path = "/posts/{id}/publish",
    tag = "Posts",
    params(PathId, IfMatch),
    responses(
        (status = 200, description = "Post published successfully", body = Written<PostAnswer>, headers(("ETag"))),
        Forbidden,
        PostNotFound,
        PostTooLarge,
        NoDraft,
        PostDeleted,
    ),
    security(("token" = [])),
)]
pub(super) async fn publish_post(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<PublishPost>, PostId>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    let post = api
        .services
        .posts
        .publish(who, request.path, preconditions)
        .await?;
    Ok(show(post.view())?.written("Post published successfully"))
}

/// Delete a post
///
/// By its author, moderators and admins. The slug is free again. An admin can restore the post.
#[utoipa::path(
    delete,
    path = "/posts/{id}",
    tag = "Posts",
    params(PathId, IfMatch),
    responses(
        (status = 200, description = "Post deleted successfully", body = Done),
        Forbidden,
        PostNotFound,
        PostTooLarge,
        PostDeleted,
    ),
    security(("token" = [])),
)]
pub(super) async fn delete_post(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<DeletePost>, PostId>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    api.services
        .posts
        .delete(who, request.path, preconditions)
        .await?;
    Ok(respond::done("Post deleted successfully"))
}

/// Restore a deleted post
///
/// By admins. A slug that another post has by now gets a number.
#[utoipa::path(
    post,
    path = "/posts/{id}/restore",
    tag = "Posts",
    params(PathId, IfMatch),
    responses(
        (status = 200, description = "Post restored successfully", body = Written<PostAnswer>, headers(("ETag"))),
        Forbidden,
        PostNotFound,
        PostTooLarge,
        PostNotDeleted,
        AuthorDeleted,
    ),
    security(("token" = [])),
)]
pub(super) async fn restore_post(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<RestorePost>, PostId>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    let post = api
        .services
        .posts
        .restore(who, request.path, preconditions)
        .await?;
    Ok(show(post.view())?.written("Post restored successfully"))
}
