use hexpress_app::auth::Login;
use hexpress_domain::auth::{Token, TokenId, TokenKind, TokenSecret};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::types;
use crate::time::Timestamp;
use crate::user::FullUser;

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
