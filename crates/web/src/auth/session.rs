use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::auth::Login;
use hexpress_app::permissions::Permit;
use hexpress_app::permissions::operations::{LogOut, ReadOwnAccount};
use hexpress_domain::auth::{Credentials, RawCredentials};
use hexpress_domain::validation::ValidationErrors;
use serde::Serialize;
use utoipa::ToSchema;

use super::responses::{InvalidCredentials, types};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::{Body, Checked, Declared, Described, Form, Guest};
use crate::openapi::error_responses::TooManyGuesses;
use crate::openapi::parameters::IfNoneMatch;
use crate::respond::{self, Data, Done, Tagged, Written};
use crate::time::Timestamp;
use crate::user::FullUser;

type LoginBody = Described<RawCredentials>;

impl Declared for RawCredentials {
    const NAME: &'static str = "LoginBody";
    const DESCRIPTION: &'static str = "Who logs in.";

    fn declare(form: &mut Form) -> Self {
        Self {
            email: form.required::<types::Email>("email").text(),
            password: form.required::<types::Password>("password").text(),
        }
    }
}

impl Body for Credentials {
    type Raw = RawCredentials;

    fn from_raw(raw: RawCredentials, _: &Api) -> Result<Self, ValidationErrors> {
        Self::parse(raw)
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoggedIn {
    #[schema(value_type = types::TokenSecret)]
    token: String,
    #[schema(value_type = types::TokenType)]
    token_type: &'static str,
    expires_at: Timestamp,
    user: FullUser,
}

impl From<Login> for LoggedIn {
    fn from(login: Login) -> Self {
        Self {
            token: login.secret.expose().to_owned(),
            token_type: "Bearer",
            expires_at: Timestamp(login.expires_at),
            user: login.user.into(),
        }
    }
}

/// Log in
///
/// The answer is the same for an unknown address, a wrong password, and an account that is deactivated or deleted. Where a user has as many sessions as one may have (100 unless configured), the one that was used longest ago ends.
#[utoipa::path(
    post,
    path = "/auth/login",
    tag = "Authentication",
    request_body = LoginBody,
    responses(
        (status = 200, description = "Logged in successfully", body = Written<LoggedIn>),
        InvalidCredentials,
        TooManyGuesses,
    ),
)]
pub(super) async fn login(
    State(api): State<Arc<Api>>,
    request: Checked<Guest, (), (), Credentials>,
) -> Result<Response, ApiError> {
    let Checked {
        who: Guest(address),
        body,
        ..
    } = request;
    let login = api.services.auth.login(&body, address).await?;
    Ok(respond::written(
        "Logged in successfully",
        LoggedIn::from(login),
    ))
}

/// Log out
///
/// Revokes the token in use, be it a session's or a program's.
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = "Authentication",
    responses((status = 200, description = "Logged out successfully", body = Done)),
    security(("token" = [])),
)]
pub(super) async fn logout(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<LogOut>>,
) -> Result<Response, ApiError> {
    api.services.auth.logout(&request.who).await?;
    Ok(respond::done("Logged out successfully"))
}

/// Who am I?
#[utoipa::path(
    get,
    path = "/auth/me",
    tag = "Authentication",
    params(IfNoneMatch),
    responses((status = 200, description = "The caller's account", body = Data<FullUser>, headers(("ETag")))),
    security(("token" = [])),
)]
pub(super) async fn me(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ReadOwnAccount>>,
) -> Result<Response, ApiError> {
    let user = api.services.users.read_own(&request.who).await?;
    let shown = Tagged::new(user.version, &FullUser::from(user))?;
    Ok(request.conditions.respond(respond::render(shown)?))
}
