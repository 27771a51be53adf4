//! `/api/posts`: posts.

mod answers;
mod requests;

use axum::Router;
use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{get, post};
use hexpress_app::permissions::Operation;
use hexpress_app::post::SlugTarget;
use hexpress_domain::id::PostId;
use hexpress_domain::post::{Slug, VisiblePost};

pub(crate) use answers::Headline;

use self::answers::PostAnswer;
use self::requests::{ListPosts, new_post, patch_post};
use crate::answer::{self, Tagged};
use crate::api::{Api, BODY_LIMIT};
use crate::error::ApiError;
use crate::extract::{Caller, Conditions, PathId, PathSlug, Query, RequestBody};
use crate::list::Pagination;

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/posts", get(list_posts).post(create_post))
        .route(
            "/posts/{id}",
            get(get_post).patch(update_post).delete(delete_post),
        )
        .route("/posts/slug/{slug}", get(get_post_by_slug))
        .route("/posts/{id}/publish", post(publish_post))
        .route("/posts/{id}/restore", post(restore_post))
}

async fn list_posts(
    State(api): State<Api>,
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
    let pagination = Pagination::new(&request, &page, &fingerprint);
    let posts = page.items.into_iter().map(PostAnswer::from).collect();
    Ok(answer::page(posts, pagination))
}

async fn create_post(
    State(api): State<Api>,
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
    let shown = show(post)?;
    Ok(shown.on(answer::created(
        "Post created successfully",
        &shown.data,
        &location,
    )))
}

async fn get_post(
    State(api): State<Api>,
    method: Method,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    let id: PostId = id.parse()?;
    query.nothing()?;
    let post = api.posts.read(caller.actor(), id).await?;
    read(&api, &method, &caller, &conditions, post)
}

async fn get_post_by_slug(
    State(api): State<Api>,
    method: Method,
    caller: Caller,
    slug: PathSlug,
    query: Query,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    query.nothing()?;
    let slug = slug.parse()?;
    match api.posts.read_by_slug(caller.actor(), slug).await? {
        SlugTarget::Post(post) => read(&api, &method, &caller, &conditions, *post),
        SlugTarget::Moved(slug) => Ok(answer::moved(&slug_location(&api, &slug), &slug)),
    }
}

async fn update_post(
    State(api): State<Api>,
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
    let shown = show(updated)?;
    Ok(shown.on(answer::written("Post updated successfully", &shown.data)))
}

async fn publish_post(
    State(api): State<Api>,
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
    let shown = show(api.posts.publish(actor, id, if_match.as_ref()).await?)?;
    Ok(shown.on(answer::written("Post published successfully", &shown.data)))
}

async fn delete_post(
    State(api): State<Api>,
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
    Ok(answer::done("Post deleted successfully"))
}

async fn restore_post(
    State(api): State<Api>,
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
    let shown = show(api.posts.restore(actor, id, if_match.as_ref()).await?)?;
    Ok(shown.on(answer::written("Post restored successfully", &shown.data)))
}

/// Answers with one post, and counts the view that this is, unless the client asked
/// for the header alone.
fn read(
    api: &Api,
    method: &Method,
    caller: &Caller,
    conditions: &Conditions,
    post: VisiblePost,
) -> Result<Response, ApiError> {
    if *method == Method::GET {
        api.posts.count_view(caller.actor(), &post);
    }
    Ok(conditions.answer(&show(post)?))
}

fn slug_location(api: &Api, slug: &Slug) -> String {
    format!("{}/api/posts/slug/{slug}", api.settings.base_path)
}

/// The version stands for all that the post itself says; beside it, the answer shows
/// who wrote it. Views are left out of the tag, so that none changes it.
fn show(post: VisiblePost) -> Result<Tagged, ApiError> {
    let version = post.view().post.version;
    let post = PostAnswer::from(post);
    Tagged::beside(version, &post.author, &post)
}
