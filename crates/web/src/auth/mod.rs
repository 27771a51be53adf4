//! `/api/auth`: logging in and out, and tokens.

mod requests;
mod responses;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Operation;
use hexpress_domain::auth::TokenId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::requests::{LoginBody, NewTokenBody, login_of, new_token};
use self::responses::{LoggedIn, NewToken, TokenAnswer};
use crate::api::{Api, BODY_LIMIT};
use crate::error::ApiError;
use crate::extract::{Caller, Conditions, Guest, PathId, Query, RequestBody};
use crate::openapi::error_responses::{
    Forbidden, InvalidCredentials, TokenLimit, TokenNotFound, TooManyGuesses,
};
use crate::openapi::parameters::{IfNoneMatch, PathId as IdParameter};
use crate::respond::{self, Data, Done, Tagged, Written};
use crate::user::FullUser;

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(logout))
        .routes(routes!(me))
        .routes(routes!(list_tokens, create_token))
        .routes(routes!(revoke_token))
}

/// Log in
///
/// The answer is the same for an unknown address, a wrong password, and an account that is deactivated or deleted.
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
async fn login(
    State(api): State<Arc<Api>>,
    Guest(address): Guest,
    query: Query,
    body: RequestBody,
) -> Result<Response, ApiError> {
    query.nothing()?;
    let credentials = login_of(body.fields(BODY_LIMIT).await?)?;
    let login = api.auth.login(&credentials, address).await?;
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
async fn logout(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::LogOut)?;
    query.nothing()?;
    body.nothing(BODY_LIMIT).await?;
    api.auth.logout(actor).await?;
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
async fn me(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ReadOwnAccount)?;
    query.nothing()?;
    let user = api.users.read_own(actor).await?;
    let shown = Tagged::new(user.version, &FullUser::from(user))?;
    Ok(conditions.respond(respond::render(shown)?))
}

/// List my tokens
///
/// Sessions and tokens for programs, without their secrets. A session's end moves with its use.
#[utoipa::path(
    get,
    path = "/auth/tokens",
    tag = "Authentication",
    responses((status = 200, description = "The caller's tokens", body = Data<Vec<TokenAnswer>>), Forbidden),
    security(("token" = [])),
)]
async fn list_tokens(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ManageTokens)?;
    query.nothing()?;
    let tokens = api.auth.list_tokens(actor).await?;
    let tokens: Vec<_> = tokens.into_iter().map(TokenAnswer::from).collect();
    Ok(respond::data(tokens))
}

/// Make a token for a program
///
/// It may do all that its user may, except to manage tokens, to change email or password and to delete the account. The answer alone shows it.
#[utoipa::path(
    post,
    path = "/auth/tokens",
    tag = "Authentication",
    request_body = NewTokenBody,
    responses(
        (status = 201, description = "Token created successfully", body = Written<NewToken>),
        Forbidden,
        TokenLimit,
    ),
    security(("token" = [])),
)]
async fn create_token(
    State(api): State<Arc<Api>>,
    caller: Caller,
    query: Query,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ManageTokens)?;
    query.nothing()?;
    let command = new_token(body.fields(BODY_LIMIT).await?, &api.auth)?;
    let (token, secret) = api.auth.create_token(actor, command).await?;
    let location = format!("{}/api/auth/tokens/{}", api.settings.base_path, token.id);
    Ok(respond::created(
        "Token created successfully",
        NewToken::new(token, &secret),
        &location,
    ))
}

/// Revoke one of my tokens
#[utoipa::path(
    delete,
    path = "/auth/tokens/{id}",
    tag = "Authentication",
    params(IdParameter),
    responses(
        (status = 200, description = "Token revoked successfully", body = Done),
        Forbidden,
        TokenNotFound,
    ),
    security(("token" = [])),
)]
async fn revoke_token(
    State(api): State<Arc<Api>>,
    caller: Caller,
    id: PathId,
    query: Query,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ManageTokens)?;
    let id: TokenId = id.parse()?;
    query.nothing()?;
    body.nothing(BODY_LIMIT).await?;
    api.auth.revoke_token(actor, id).await?;
    Ok(respond::done("Token revoked successfully"))
}
