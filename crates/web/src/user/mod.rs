//! `/api/users`: accounts.

mod requests;
mod responses;
mod statistics;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Operation;
use hexpress_domain::user::User;
use hexpress_domain::user::UserId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use responses::FullUser;

use self::requests::{
    ListUsers, ListUsersParameters, SignUpBody, UserPatchBody, patch_user, sign_up,
};
use self::responses::ProfileAnswer;
use crate::api::{Api, BODY_LIMIT};
use crate::error::ApiError;
use crate::extract::{Address, Caller, Conditions, Guest, PathId, Query, RequestBody};
use crate::list::{ListParameters, OrderParameter, Pagination};
use crate::openapi::error_responses::{
    EmailTaken, Forbidden, ForbiddenField, ForbiddenParameter, LastAdmin, TooManyGuesses,
    TooManySignUps, UserDeleted, UserNotDeleted, UserNotFound,
};
use crate::openapi::parameters::{IfMatch, IfNoneMatch, PathId as IdParameter};
use crate::respond::{self, Data, Done, List, Tagged, Written};

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_users, create_user))
        .routes(routes!(get_user, update_user, delete_user))
        .routes(routes!(restore_user))
        .routes(routes!(statistics::get_user_stats))
        .routes(routes!(statistics::get_user_analytics))
}

/// List users
///
/// For moderators and admins.
#[utoipa::path(
    get,
    path = "/users",
    tag = "Users",
    params(ListParameters, OrderParameter, ListUsersParameters),
    responses(
        (status = 200, description = "A page of the list", body = List<FullUser>),
        Forbidden,
        ForbiddenParameter,
    ),
    security(("token" = [])),
)]
async fn list_users(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ListUsers)?;
    let fields = query.fields()?;
    if fields.has("deleted") {
        caller.permitted_field(Operation::ListDeletedUsers, "deleted")?;
    }
    let ListUsers { query, fingerprint } = ListUsers::parse(fields)?;
    let request = query.page.clone();
    let page = api.users.list(actor, query).await?;
    let pagination = Pagination::new(&request, &page, &fingerprint);
    let users = page.items.into_iter().map(FullUser::from).collect();
    Ok(respond::page(users, pagination))
}

/// Sign up
#[utoipa::path(
    post,
    path = "/users",
    tag = "Users",
    request_body = SignUpBody,
    responses(
        (status = 201, description = "User created successfully", body = Written<FullUser>, headers(("ETag"))),
        EmailTaken,
        TooManySignUps,
    ),
)]
async fn create_user(
    State(api): State<Arc<Api>>,
    Guest(address): Guest,
    query: Query,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let place = api.limits.sign_up(address)?;
    query.nothing()?;
    let command = sign_up(body.fields(BODY_LIMIT).await?)?;
    place.keep();
    let user = api.users.sign_up(command).await?;
    let location = format!("{}/api/users/{}", api.settings.base_path, user.id);
    let shown = show(user)?;
    Ok(shown.on(respond::created(
        "User created successfully",
        &shown.data,
        &location,
    )))
}

/// Get a user
///
/// The whole account for the user, moderators and admins; the public profile for everybody else. With the latest published posts.
#[utoipa::path(
    get,
    path = "/users/{id}",
    tag = "Users",
    params(IdParameter, IfNoneMatch),
    responses(
        (status = 200, description = "The user", body = Data<ProfileAnswer>, headers(("ETag"))),
        UserNotFound,
    ),
    security((), ("token" = [])),
)]
async fn get_user(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    let id: UserId = id.parse()?;
    query.nothing()?;
    let profile = api.users.read(caller.actor(), id).await?;
    let version = profile.user.version();
    let shown = Tagged::new(version, &ProfileAnswer::from(profile))?;
    Ok(conditions.respond(respond::render(shown)?))
}

/// Change a user
///
/// Users change their own names and, with `currentPassword`, email and password. Admins change others without it, and their `role` and `isActive`. A new password ends the user's other sessions and tokens.
#[utoipa::path(
    patch,
    path = "/users/{id}",
    tag = "Users",
    params(IdParameter, IfMatch),
    request_body = UserPatchBody,
    responses(
        (status = 200, description = "User updated successfully", body = Written<FullUser>, headers(("ETag"))),
        Forbidden,
        ForbiddenField,
        UserNotFound,
        EmailTaken,
        LastAdmin,
        UserDeleted,
        TooManyGuesses,
    ),
    security(("token" = [])),
)]
async fn update_user(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    Address(address): Address,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ChangeUser)?;
    let id: UserId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    let patch = patch_user(body.fields(BODY_LIMIT).await?)?;
    let updated = api
        .users
        .update(actor, id, &patch, if_match.as_ref(), address);
    let shown = show(updated.await?)?;
    Ok(shown.on(respond::written("User updated successfully", &shown.data)))
}

/// Delete a user
///
/// By the user or an admin. The user's tokens end, and the email is free again. An admin can restore it.
#[utoipa::path(
    delete,
    path = "/users/{id}",
    tag = "Users",
    params(IdParameter, IfMatch),
    responses(
        (status = 200, description = "User deleted successfully", body = Done),
        Forbidden,
        UserNotFound,
        LastAdmin,
        UserDeleted,
    ),
    security(("token" = [])),
)]
async fn delete_user(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::DeleteUser)?;
    let id: UserId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    body.nothing(BODY_LIMIT).await?;
    api.users.delete(actor, id, if_match.as_ref()).await?;
    Ok(respond::done("User deleted successfully"))
}

/// Restore a deleted user
///
/// By admins. No token comes back.
#[utoipa::path(
    post,
    path = "/users/{id}/restore",
    tag = "Users",
    params(IdParameter, IfMatch),
    responses(
        (status = 200, description = "User restored successfully", body = Written<FullUser>, headers(("ETag"))),
        Forbidden,
        UserNotFound,
        EmailTaken,
        UserNotDeleted,
    ),
    security(("token" = [])),
)]
async fn restore_user(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    conditions: Conditions,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::RestoreUser)?;
    let id: UserId = id.parse()?;
    query.nothing()?;
    let if_match = conditions.if_match()?;
    body.nothing(BODY_LIMIT).await?;
    let shown = show(api.users.restore(actor, id, if_match.as_ref()).await?)?;
    Ok(shown.on(respond::written("User restored successfully", &shown.data)))
}

fn show(user: User) -> Result<Tagged, ApiError> {
    Tagged::new(user.version, &FullUser::from(user))
}
