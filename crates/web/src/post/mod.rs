//! `/api/posts`: posts.

mod requests;
mod responses;

use std::sync::Arc;

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use hexpress_app::permissions::Operation;
use hexpress_app::post::SlugTarget;
use hexpress_domain::post::PostId;
use hexpress_domain::post::{PostView, Slug, VisiblePost};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use responses::Headline;

use self::requests::{
    ListPosts, ListPostsParameters, NewPostBody, PostPatchBody, new_post, patch_post,
};
use self::responses::PostAnswer;
use crate::api::{Api, BODY_LIMIT};
use crate::error::ApiError;
use crate::extract::{Caller, Conditions, PathId, PathSlug, Query, RequestBody};
use crate::list::{ListParameters, OrderParameter, Pagination};
use crate::openapi::error_responses::{
    AuthorDeleted, Forbidden, ForbiddenParameter, ForbiddenPostField, NoDraft, PostDeleted,
    PostNotDeleted, PostNotFound, PostTooLarge, SlugTaken, Transition, Unauthenticated,
};
use crate::openapi::parameters::{
    IfMatch, IfNoneMatch, PathId as IdParameter, PathSlug as SlugParameter,
};
use crate::respond::{self, Data, Done, List, Moved, Tagged, Written};

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_posts, create_post))
        .routes(routes!(get_post, update_post, delete_post))
        .routes(routes!(get_post_by_slug))
        .routes(routes!(publish_post))
        .routes(routes!(restore_post))
}

/// List posts
///
/// Published posts for everybody; drafts and archived ones for their author, moderators and admins.
#[utoipa::path(
    get,
    path = "/posts",
    tag = "Posts",
    params(ListParameters, OrderParameter, ListPostsParameters),
    responses(
        (status = 200, description = "A page of the list", body = List<PostAnswer>),
        Unauthenticated,
        ForbiddenParameter,
    ),
    security((), ("token" = [])),
)]
async fn list_posts(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let fields = query.fields()?;
    if fields.has("deleted") {
        caller.permitted_field(Operation::ListDeletedPosts, "deleted")?;
    }
    let ListPosts { query, fingerprint } = ListPosts::parse(fields)?;
    let request = query.page.clone();
    let page = api.posts.list(caller.actor(), query).await?;
    let part = Some((&request, &fingerprint));
    let rendered = api
        .render_cache
        .get_or_render(page.shared(), part, |page| {
            let pagination = Pagination::new(&request, page, &fingerprint);
            let posts = page.items.iter().map(PostAnswer::from).collect();
            respond::render_page(posts, pagination)
        })?;
    Ok(respond::rendered(rendered.body))
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
async fn create_post(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::CreatePost)?;
    query.nothing()?;
    let command = new_post(body.fields(api.settings.post_body_limit).await?)?;
    let post = api.posts.create(actor, command).await?;
    let location = format!(
        "{}/api/posts/{}",
        api.settings.base_path,
        post.view().post.id
    );
    let shown = show(post.view())?;
    Ok(shown.on(respond::created(
        "Post created successfully",
        &shown.data,
        &location,
    )))
}

/// Get a post
///
/// Counts as a view where a published post is read by anybody but its author.
#[utoipa::path(
    get,
    path = "/posts/{id}",
    tag = "Posts",
    params(IdParameter, IfNoneMatch),
    responses(
        (status = 200, description = "The post", body = Data<PostAnswer>, headers(("ETag"))),
        PostNotFound,
    ),
    security((), ("token" = [])),
)]
async fn get_post(
    State(api): State<Arc<Api>>,
    method: Method,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    let id: PostId = id.parse()?;
    query.nothing()?;
    let post = api.posts.read(caller.actor(), id).await?;
    read(&api, &method, &caller, &conditions, &post)
}

/// Get a post by its slug
///
/// An old slug of a published post leads to the present one for good, in one hop. Counts as a view as `GET /api/posts/{id}` does.
#[utoipa::path(
    get,
    path = "/posts/slug/{slug}",
    tag = "Posts",
    params(SlugParameter, IfNoneMatch),
    responses(
        (status = 200, description = "The post", body = Data<PostAnswer>, headers(("ETag"))),
        (status = 308, description = "The post has another slug now", body = Data<Moved>),
        PostNotFound,
    ),
    security((), ("token" = [])),
)]
async fn get_post_by_slug(
    State(api): State<Arc<Api>>,
    method: Method,
    caller: Caller,
    slug: PathSlug,
    query: Query,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    query.nothing()?;
    let slug = slug.parse()?;
    match api.posts.read_by_slug(caller.actor(), slug).await? {
        SlugTarget::Post(post) => read(&api, &method, &caller, &conditions, &post),
        SlugTarget::Moved(slug) => Ok(respond::moved(&slug_location(&api, &slug), &slug)),
    }
}

/// Change a post
///
/// By its author and admins; moderators change its `status`. The slug follows a new title until the post is first published or a slug is chosen.
#[utoipa::path(
    patch,
    path = "/posts/{id}",
    tag = "Posts",
    params(IdParameter, IfMatch),
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
async fn update_post(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ChangePost)?;
    let id: PostId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    let patch = patch_post(body.fields(api.settings.post_body_limit).await?)?;
    let updated = api
        .posts
        .update(actor, id, &patch, if_match.as_ref())
        .await?;
    let shown = show(updated.view())?;
    Ok(shown.on(respond::written("Post updated successfully", &shown.data)))
}

/// Publish a draft
///
/// By its author, moderators and admins.
#[utoipa::path(
    post,
    path = "/posts/{id}/publish",
    tag = "Posts",
    params(IdParameter, IfMatch),
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
async fn publish_post(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::PublishPost)?;
    let id: PostId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    body.nothing(BODY_LIMIT).await?;
    let published = api.posts.publish(actor, id, if_match.as_ref()).await?;
    let shown = show(published.view())?;
    Ok(shown.on(respond::written("Post published successfully", &shown.data)))
}

/// Delete a post
///
/// By its author, moderators and admins. The slug is free again. An admin can restore the post.
#[utoipa::path(
    delete,
    path = "/posts/{id}",
    tag = "Posts",
    params(IdParameter, IfMatch),
    responses(
        (status = 200, description = "Post deleted successfully", body = Done),
        Forbidden,
        PostNotFound,
        PostTooLarge,
        PostDeleted,
    ),
    security(("token" = [])),
)]
async fn delete_post(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::DeletePost)?;
    let id: PostId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    body.nothing(BODY_LIMIT).await?;
    api.posts.delete(actor, id, if_match.as_ref()).await?;
    Ok(respond::done("Post deleted successfully"))
}

/// Restore a deleted post
///
/// By admins. A slug that another post has by now gets a number.
#[utoipa::path(
    post,
    path = "/posts/{id}/restore",
    tag = "Posts",
    params(IdParameter, IfMatch),
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
async fn restore_post(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::RestorePost)?;
    let id: PostId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    body.nothing(BODY_LIMIT).await?;
    let restored = api.posts.restore(actor, id, if_match.as_ref()).await?;
    let shown = show(restored.view())?;
    Ok(shown.on(respond::written("Post restored successfully", &shown.data)))
}

/// Answers with one post, and counts the view that this is, unless the client asked
/// for the header alone.
fn read(
    api: &Api,
    method: &Method,
    caller: &Caller,
    conditions: &Conditions,
    post: &VisiblePost,
) -> Result<Response, ApiError> {
    if *method == Method::GET {
        api.posts.count_view(caller.actor(), post);
    }
    let render = |post: &PostView| respond::render(show(post)?);
    let rendered = api
        .render_cache
        .get_or_render(post.shared(), None, render)?;
    Ok(conditions.respond(rendered))
}

fn slug_location(api: &Api, slug: &Slug) -> String {
    format!("{}/api/posts/slug/{slug}", api.settings.base_path)
}

/// The version stands for all that the post itself says; beside it, the answer shows
/// who wrote it. Views are left out of the tag, so that none changes it.
fn show(view: &PostView) -> Result<Tagged, ApiError> {
    let shown = PostAnswer::from(view);
    Tagged::beside(view.post.version, &shown.author, &shown)
}
