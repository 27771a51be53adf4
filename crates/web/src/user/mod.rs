//! `/api/users`: accounts.

mod list;
pub(crate) mod responses;
mod statistics;
mod write;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_domain::auth::Actor;
use hexpress_domain::user::UserId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use responses::FullUser;

use self::responses::{ProfileAnswer, UserNotFound};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::Checked;
use crate::openapi;
use crate::openapi::parameters::{IfNoneMatch, PathId};
use crate::respond::{self, Data, Tagged};

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    openapi::tagged("Users", "Accounts")
        .routes(routes!(list::list_users, write::create_user))
        .routes(routes!(get_user, write::update_user, write::delete_user))
        .routes(routes!(write::restore_user))
        .routes(routes!(statistics::get_user_stats))
        .routes(routes!(statistics::get_user_analytics))
}

/// Get a user
///
/// The whole account for the user, moderators and admins; the public profile for everybody else. With the latest published posts.
#[utoipa::path(
    get,
    path = "/users/{id}",
    tag = "Users",
    params(PathId, IfNoneMatch),
    responses(
        (status = 200, description = "The user", body = Data<ProfileAnswer>, headers(("ETag"))),
        UserNotFound,
    ),
    security((), ("token" = [])),
)]
async fn get_user(
    State(api): State<Arc<Api>>,
    request: Checked<Actor, UserId>,
) -> Result<Response, ApiError> {
    let profile = api.services.users.read(&request.who, request.path).await?;
    let version = profile.user.version();
    let shown = Tagged::new(version, &ProfileAnswer::from(profile))?;
    Ok(request.conditions.respond(respond::render(shown)?))
}
