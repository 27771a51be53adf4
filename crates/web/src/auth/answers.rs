use hexpress_app::auth::Login;
use hexpress_domain::auth::{Token, TokenKind, TokenSecret};
use hexpress_domain::id::TokenId;
use serde::Serialize;

use crate::time::Timestamp;
use crate::user::FullUser;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoggedIn {
    token: String,
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
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenAnswer {
    id: TokenId,
    name: Option<String>,
    kind: TokenKind,
    created_at: Timestamp,
    last_used_at: Timestamp,
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewToken {
    id: TokenId,
    name: Option<String>,
    kind: TokenKind,
    token: String,
    created_at: Timestamp,
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
