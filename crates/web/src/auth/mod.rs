//! `/api/auth`: logging in and out, and tokens.

mod answers;
mod requests;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get, post};
use hexpress_app::permissions::Operation;
use hexpress_domain::id::TokenId;

use self::answers::{LoggedIn, NewToken, TokenAnswer};
use self::requests::{login_of, new_token};
use crate::answer::{self, Tagged};
use crate::api::{Api, BODY_LIMIT};
use crate::error::ApiError;
use crate::extract::{Caller, Conditions, Guest, PathId, Query, RequestBody};
use crate::user::FullUser;

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/auth/login", post(login))
        .route("/auth/logout", post(logout))
        .route("/auth/me", get(me))
        .route("/auth/tokens", get(list_tokens).post(create_token))
        .route("/auth/tokens/{id}", delete(revoke_token))
}

async fn login(
    State(api): State<Api>,
    Guest(address): Guest,
    query: Query,
    body: RequestBody,
) -> Result<Response, ApiError> {
    query.nothing()?;
    let credentials = login_of(body.fields(BODY_LIMIT).await?)?;
    let login = api.auth.login(&credentials, address).await?;
    Ok(answer::written(
        "Logged in successfully",
        LoggedIn::from(login),
    ))
}

async fn logout(
    State(api): State<Api>,
    caller: Caller,
    query: Query,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::LogOut)?;
    query.nothing()?;
    body.nothing(BODY_LIMIT).await?;
    api.auth.logout(actor).await?;
    Ok(answer::done("Logged out successfully"))
}

async fn me(
    State(api): State<Api>,
    caller: Caller,
    query: Query,
    conditions: Conditions,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ReadOwnAccount)?;
    query.nothing()?;
    let user = api.users.read_own(actor).await?;
    let shown = Tagged::new(user.version, &FullUser::from(user))?;
    Ok(conditions.answer(&shown))
}

async fn list_tokens(
    State(api): State<Api>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ManageTokens)?;
    query.nothing()?;
    let tokens = api.auth.list_tokens(actor).await?;
    let tokens: Vec<_> = tokens.into_iter().map(TokenAnswer::from).collect();
    Ok(answer::data(tokens))
}

async fn create_token(
    State(api): State<Api>,
    caller: Caller,
    query: Query,
    body: RequestBody,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ManageTokens)?;
    query.nothing()?;
    let command = new_token(body.fields(BODY_LIMIT).await?, &api.auth)?;
    let (token, secret) = api.auth.create_token(actor, command).await?;
    let location = format!("{}/api/auth/tokens/{}", api.settings.base_path, token.id);
    Ok(answer::created(
        "Token created successfully",
        NewToken::new(token, &secret),
        &location,
    ))
}

async fn revoke_token(
    State(api): State<Api>,
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
    Ok(answer::done("Token revoked successfully"))
}
