//! `/api/users`: accounts.

mod answers;
mod requests;
mod statistics;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use hexpress_app::permissions::Operation;
use hexpress_domain::id::UserId;
use hexpress_domain::user::User;

pub(crate) use answers::FullUser;

use self::answers::ProfileAnswer;
use self::requests::{ListUsers, patch_user, sign_up};
use self::statistics::{get_user_analytics, get_user_stats};
use crate::answer::{self, Tagged};
use crate::api::{Api, BODY_LIMIT};
use crate::error::ApiError;
use crate::extract::{Address, Caller, Conditions, Guest, PathId, Query, RequestBody};
use crate::list::Pagination;

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/users", get(list_users).post(create_user))
        .route(
            "/users/{id}",
            get(get_user).patch(update_user).delete(delete_user),
        )
        .route("/users/{id}/restore", post(restore_user))
        .route("/users/{id}/stats", get(get_user_stats))
        .route("/users/{id}/analytics", get(get_user_analytics))
}

async fn list_users(
    State(api): State<Api>,
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
    Ok(answer::page(users, pagination))
}

async fn create_user(
    State(api): State<Api>,
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
    Ok(shown.on(answer::created(
        "User created successfully",
        &shown.data,
        &location,
    )))
}

async fn get_user(
    State(api): State<Api>,
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
    Ok(conditions.answer(&shown))
}

async fn update_user(
    State(api): State<Api>,
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
    Ok(shown.on(answer::written("User updated successfully", &shown.data)))
}

async fn delete_user(
    State(api): State<Api>,
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
    Ok(answer::done("User deleted successfully"))
}

async fn restore_user(
    State(api): State<Api>,
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
    Ok(shown.on(answer::written("User restored successfully", &shown.data)))
}

fn show(user: User) -> Result<Tagged, ApiError> {
    Tagged::new(user.version, &FullUser::from(user))
}
