use std::sync::Arc;

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use hexpress_app::post::{SlugTarget, VisiblePost};
use hexpress_app::{Error, Resource};
use hexpress_domain::auth::Actor;
use hexpress_domain::post::{PostId, PostView, Slug};

use super::responses::{Moved, PathSlug, PostAnswer, PostNotFound, show};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::{Checked, Conditions};
use crate::openapi::parameters::{IfNoneMatch, PathId};
use crate::respond::{self, Data};

/// Get a post
///
/// Counts as a view where a published post is read by anybody but its author.
#[utoipa::path(
    get,
    path = "/posts/{id}",
    tag = "Posts",
    params(PathId, IfNoneMatch),
    responses(
        (status = 200, description = "The post", body = Data<PostAnswer>, headers(("ETag"))),
        PostNotFound,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn get_post(
    State(api): State<Arc<Api>>,
    method: Method,
    request: Checked<Actor, PostId>,
) -> Result<Response, ApiError> {
    let Checked {
        who,
        path: id,
        conditions,
        ..
    } = request;
    let post = api
        .services
        .posts
        .read(&who, id, conditions.freshness())
        .await?;
    read(&api, &method, &who, &conditions, &post)
}

/// Get a post by its slug
///
/// An old slug of a published post leads to the present one for good, in one hop. Counts as a view as `GET /api/posts/{id}` does.
#[utoipa::path(
    get,
    path = "/posts/slug/{slug}",
    tag = "Posts",
    params(PathSlug, IfNoneMatch),
    responses(
        (status = 200, description = "The post", body = Data<PostAnswer>, headers(("ETag"))),
        (status = 308, description = "The post has another slug now", body = Data<Moved>),
        PostNotFound,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn get_post_by_slug(
    State(api): State<Arc<Api>>,
    method: Method,
    request: Checked<Actor, Option<Slug>>,
) -> Result<Response, ApiError> {
    let Checked {
        who,
        path: slug,
        conditions,
        ..
    } = request;
    let slug = slug.ok_or(Error::NotFound(Resource::Post))?;
    let freshness = conditions.freshness();
    match api
        .services
        .posts
        .read_by_slug(&who, slug, freshness)
        .await?
    {
        SlugTarget::Post(post) => read(&api, &method, &who, &conditions, &post),
        SlugTarget::Moved(slug) => {
            let location = api.location("posts/slug", &slug);
            Ok(respond::moved(&location, Moved { slug: &slug }))
        }
    }
}

/// Answers with one post, and counts the view that this is, unless the client asked for the
/// header alone or is refused.
fn read(
    api: &Api,
    method: &Method,
    actor: &Actor,
    conditions: &Conditions,
    post: &VisiblePost,
) -> Result<Response, ApiError> {
    let render = |post: &PostView| respond::render(show(post)?);
    let rendered = api
        .render_cache
        .get_or_render(post.shared(), None, render)?;
    let response = conditions.respond(rendered);
    let is_seen = [StatusCode::OK, StatusCode::NOT_MODIFIED].contains(&response.status());
    if *method == Method::GET && is_seen {
        api.services.posts.count_view(actor, post);
    }
    Ok(response)
}
