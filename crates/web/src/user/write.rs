use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::Error;
use hexpress_app::permissions::Permit;
use hexpress_app::permissions::operations::{ChangeUser, DeleteUser, RestoreUser};
use hexpress_domain::auth::ClientAddress;
use hexpress_domain::user::{NewUser, RawNewUser, RawUserPatch, UserId, UserPatch};
use hexpress_domain::validation::ValidationErrors;
use serde_json::{Value, json};

use super::responses::{
    EmailTaken, ForbiddenField, FullUser, LastAdmin, TooManySignUps, UserDeleted, UserNotDeleted,
    UserNotFound, show, types,
};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::{Address, Body, Checked, Declared, Described, Form};
use crate::limits::SignUpPlace;
use crate::openapi::error_responses::{Forbidden, TooManyGuesses};
use crate::openapi::parameters::{IfMatch, PathId};
use crate::respond::{self, Done, Written};

type SignUpBody = Described<RawNewUser>;
type UserPatchBody = Described<RawUserPatch>;

impl Declared for RawNewUser {
    const NAME: &'static str = "SignUpBody";
    const DESCRIPTION: &'static str = "A sign-up.";

    fn declare(form: &mut Form) -> Self {
        Self {
            email: form
                .required::<types::Email>("email")
                .about("No other live user's.")
                .text(),
            password: form.required::<types::NewPassword>("password").text(),
            first_name: form.required::<types::FirstName>("firstName").text(),
            last_name: form.required::<types::LastName>("lastName").text(),
        }
    }
}

impl Body for NewUser {
    type Raw = RawNewUser;

    fn from_raw(raw: RawNewUser, _: &Api) -> Result<Self, ValidationErrors> {
        Self::parse(raw)
    }
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
pub(super) async fn create_user(
    State(api): State<Arc<Api>>,
    request: Checked<SignUpPlace, (), (), NewUser>,
) -> Result<Response, ApiError> {
    let Checked {
        who: place, body, ..
    } = request;
    place.keep();
    let user = api.services.users.sign_up(body).await?;
    let location = api.location("users", user.id);
    Ok(show(user)?.created("User created successfully", &location))
}

impl Declared for RawUserPatch {
    const NAME: &'static str = "UserPatchBody";
    const DESCRIPTION: &'static str = "A change to a user: what is absent stays as it is.";

    fn declare(form: &mut Form) -> Self {
        Self {
            email: form
                .optional::<types::Email>("email")
                .about("No other live user's.")
                .text(),
            password: form.optional::<types::NewPassword>("password").text(),
            current_password: form
                .optional::<types::Password>("currentPassword")
                .about("Needed by whoever changes the own email or password.")
                .text(),
            first_name: form.optional::<types::FirstName>("firstName").text(),
            last_name: form.optional::<types::LastName>("lastName").text(),
            role: form
                .optional::<types::Role>("role")
                .about("By admins, of others.")
                .text(),
            is_active: form
                .flag("isActive")
                .about("By admins, of others: whether the user may log in.")
                .boolean(),
        }
    }

    fn example() -> Option<Value> {
        Some(json!({"lastName": "King"}))
    }
}

impl Body for UserPatch {
    type Raw = RawUserPatch;

    fn from_raw(raw: RawUserPatch, _: &Api) -> Result<Self, ValidationErrors> {
        Self::parse(raw)
    }
}

/// Change a user
///
/// Users change their own names and, with `currentPassword`, email and password. Admins change others without it, and their `role` and `isActive`. A new password ends the user's other sessions and tokens. A change of the own email is counted like a sign-up.
#[utoipa::path(
    patch,
    path = "/users/{id}",
    tag = "Users",
    params(PathId, IfMatch),
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
        TooManySignUps,
    ),
    security(("token" = [])),
)]
pub(super) async fn update_user(
    State(api): State<Arc<Api>>,
    Address(address): Address,
    request: Checked<Permit<ChangeUser>, UserId, (), UserPatch>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    let (id, patch) = (request.path, request.body);
    let place = sign_up_place(&api, who, id, &patch, address).await?;
    let update = api
        .services
        .users
        .update(who, id, patch, preconditions, address);
    let outcome = update.await;
    if let (Some(place), Ok(_) | Err(Error::Duplicate(_))) = (place, &outcome) {
        place.keep();
    }
    Ok(show(outcome?)?.written("User updated successfully"))
}

/// Counts a change of the own email like a sign-up: it tells as well whether an address is
/// registered.
async fn sign_up_place(
    api: &Arc<Api>,
    who: &Permit<ChangeUser>,
    id: UserId,
    patch: &UserPatch,
    address: ClientAddress,
) -> Result<Option<SignUpPlace>, ApiError> {
    let principal = who.actor().principal();
    let is_own = principal.is_some_and(|principal| principal.user_id == id);
    if !is_own || patch.email.is_none() {
        return Ok(None);
    }
    let own = Permit::of(who.actor().clone())?;
    let user = api.services.users.read_own(&own).await?;
    if !user.email_changes(patch) {
        return Ok(None);
    }
    api.limits.sign_up(address).map(Some)
}

/// Delete a user
///
/// By the user or an admin. The user's tokens end, and the email is free again. An admin can restore it.
#[utoipa::path(
    delete,
    path = "/users/{id}",
    tag = "Users",
    params(PathId, IfMatch),
    responses(
        (status = 200, description = "User deleted successfully", body = Done),
        Forbidden,
        UserNotFound,
        LastAdmin,
        UserDeleted,
    ),
    security(("token" = [])),
)]
pub(super) async fn delete_user(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<DeleteUser>, UserId>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    api.services
        .users
        .delete(who, request.path, preconditions)
        .await?;
    Ok(respond::done("User deleted successfully"))
}

/// Restore a deleted user
///
/// By admins. No token comes back.
#[utoipa::path(
    post,
    path = "/users/{id}/restore",
    tag = "Users",
    params(PathId, IfMatch),
    responses(
        (status = 200, description = "User restored successfully", body = Written<FullUser>, headers(("ETag"))),
        Forbidden,
        UserNotFound,
        EmailTaken,
        UserNotDeleted,
    ),
    security(("token" = [])),
)]
pub(super) async fn restore_user(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<RestoreUser>, UserId>,
) -> Result<Response, ApiError> {
    let (who, preconditions) = (&request.who, request.preconditions.as_ref());
    let user = api
        .services
        .users
        .restore(who, request.path, preconditions)
        .await?;
    Ok(show(user)?.written("User restored successfully"))
}
