use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Permit;
use hexpress_app::permissions::operations::ManageTokens;
use hexpress_domain::auth::{NewApiToken, RawNewApiToken, Token, TokenId, TokenKind, TokenSecret};
use hexpress_domain::validation::ValidationErrors;
use serde::Serialize;
use utoipa::ToSchema;

use super::responses::{TokenLimit, TokenNotFound, types};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::{Body, Checked, Declared, Described, Form};
use crate::openapi::error_responses::Forbidden;
use crate::openapi::parameters::PathId;
use crate::respond::{self, Data, Done, Written};
use crate::time::Timestamp;

type NewTokenBody = Described<RawNewApiToken>;

/// A token without its secret, which is shown but once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenAnswer {
    #[schema(value_type = types::Id)]
    id: TokenId,
    /// The name that an API token was given; a session has none.
    #[schema(value_type = Option<types::TokenName>, required = true)]
    name: Option<String>,
    #[schema(value_type = types::TokenKind)]
    kind: TokenKind,
    created_at: Timestamp,
    /// To the minute.
    last_used_at: Timestamp,
    /// Null is never.
    #[schema(required = true)]
    expires_at: Option<Timestamp>,
}

impl From<Token> for TokenAnswer {
    fn from(token: Token) -> Self {
        Self {
            id: token.id,
            name: token.name.map(Into::into),
            kind: token.kind,
            created_at: Timestamp(token.created_at),
            last_used_at: Timestamp(token.last_used_at),
            expires_at: token.expires_at.map(Timestamp),
        }
    }
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
pub(super) async fn list_tokens(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ManageTokens>>,
) -> Result<Response, ApiError> {
    let tokens = api.services.auth.list_tokens(&request.who).await?;
    let tokens: Vec<_> = tokens.into_iter().map(TokenAnswer::from).collect();
    Ok(respond::data(tokens))
}

impl Declared for RawNewApiToken {
    const NAME: &'static str = "NewTokenBody";
    const DESCRIPTION: &'static str = "A token for a program.";

    fn declare(form: &mut Form) -> Self {
        Self {
            name: form.required::<types::TokenName>("name").text(),
            expires_at: form
                .nullable::<types::Time>("expiresAt")
                .about("When the token ends, in the future; null or absent is never.")
                .text(),
        }
    }
}

impl Body for NewApiToken {
    type Raw = RawNewApiToken;

    fn from_raw(raw: RawNewApiToken, api: &Api) -> Result<Self, ValidationErrors> {
        api.services.auth.read_new_token(raw)
    }
}

/// A token that was just made: its secret is shown here and never again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewToken {
    #[schema(value_type = types::Id)]
    id: TokenId,
    #[schema(value_type = types::TokenName)]
    name: Option<String>,
    #[schema(value_type = types::TokenKind)]
    kind: TokenKind,
    #[schema(value_type = types::TokenSecret)]
    token: String,
    created_at: Timestamp,
    /// Null is never.
    #[schema(required = true)]
    expires_at: Option<Timestamp>,
}

impl NewToken {
    pub(super) fn new(token: Token, secret: &TokenSecret) -> Self {
        Self {
            id: token.id,
            name: token.name.map(Into::into),
            kind: token.kind,
            token: secret.expose().to_owned(),
            created_at: Timestamp(token.created_at),
            expires_at: token.expires_at.map(Timestamp),
        }
    }
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
pub(super) async fn create_token(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ManageTokens>, (), (), NewApiToken>,
) -> Result<Response, ApiError> {
    let Checked { who, body, .. } = request;
    let (token, secret) = api.services.auth.create_token(&who, body).await?;
    let location = api.location("auth/tokens", token.id);
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
    params(PathId),
    responses(
        (status = 200, description = "Token revoked successfully", body = Done),
        Forbidden,
        TokenNotFound,
    ),
    security(("token" = [])),
)]
pub(super) async fn revoke_token(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ManageTokens>, TokenId>,
) -> Result<Response, ApiError> {
    let Checked { who, path: id, .. } = request;
    api.services.auth.revoke_token(&who, id).await?;
    Ok(respond::done("Token revoked successfully"))
}
