//! Logging in and out, and tokens.

use chrono::{DateTime, Utc};
use hexpress_domain::auth::{
    Credentials, NewApiToken, TokenId, TokenKind, TokenName, TokenSecret, TokenSecretError,
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::call::Call;
use crate::user::User;
use crate::{Client, Error, Tagged};

/// What concerns the caller's own token and account. See [`Client::auth`].
#[derive(Debug, Clone, Copy)]
pub struct Auth<'a>(&'a Client);

/// A login that has succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Session {
    /// What to call with: see [`Client::with_token`]. Its `Debug` shows nothing of it.
    #[serde(deserialize_with = "secret")]
    pub token: TokenSecret,
    /// When the session ends unless it is used before.
    pub expires_at: DateTime<Utc>,
    /// Who has logged in.
    pub user: User,
}

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Token {
    /// The id.
    pub id: TokenId,
    /// The name that an API token was given; a session has none.
    pub name: Option<TokenName>,
    /// What it is for.
    pub kind: TokenKind,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: DateTime<Utc>,
    /// When it ends; `None` is never.
    pub expires_at: Option<DateTime<Utc>>,
}

/// An API token that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApiToken {
    /// The id.
    pub id: TokenId,
    /// Its name.
    pub name: TokenName,
    /// What to call with, shown here and never again. Its `Debug` shows nothing of it.
    #[serde(deserialize_with = "secret")]
    pub token: TokenSecret,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; `None` is never.
    pub expires_at: Option<DateTime<Utc>>,
}

/// By hand, since secrets read and write themselves nowhere.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TokenSecret, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|error: TokenSecretError| serde::de::Error::custom(error))
}

#[derive(Serialize)]
struct Login<'a> {
    email: &'a str,
    password: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewToken<'a> {
    name: &'a TokenName,
    expires_at: Option<DateTime<Utc>>,
}

impl Client {
    /// Logging in and out, and tokens.
    #[must_use]
    pub const fn auth(&self) -> Auth<'_> {
        Auth(self)
    }
}

impl Auth<'_> {
    /// Logs in.
    ///
    /// # Errors
    ///
    /// [`InvalidCredentials`] for a wrong email or password and for who may not log in,
    /// [`RateLimited`] after too many failed attempts, with the time to wait.
    ///
    /// [`InvalidCredentials`]: crate::ErrorCode::InvalidCredentials
    /// [`RateLimited`]: crate::ErrorCode::RateLimited
    pub async fn log_in(self, credentials: &Credentials) -> Result<Session, Error> {
        let login = Login {
            email: credentials.email.as_str(),
            password: credentials.password.expose(),
        };
        self.0.data(&Call::post("auth/login").json(&login)?).await
    }

    /// Ends the token in use.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn log_out(self) -> Result<(), Error> {
        self.0.done(&Call::post("auth/logout")).await
    }

    /// Who is calling.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`](crate::ErrorCode::Unauthenticated) where the token is no longer valid.
    pub async fn me(self) -> Result<Tagged<User>, Error> {
        self.0.tagged(&Call::get("auth/me")).await
    }

    /// The caller's own tokens. Only a session may ask.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn tokens(self) -> Result<Vec<Token>, Error> {
        self.0.data(&Call::get("auth/tokens")).await
    }

    /// Makes a token for a program. Only a session may ask.
    ///
    /// # Errors
    ///
    /// [`InvalidState`](crate::ErrorCode::InvalidState) where the caller has as many as one may
    /// have.
    pub async fn create_token(self, token: &NewApiToken) -> Result<ApiToken, Error> {
        let token = NewToken {
            name: &token.name,
            expires_at: token.expires_at,
        };
        self.0.data(&Call::post("auth/tokens").json(&token)?).await
    }

    /// Ends one of the caller's own tokens. Only a session may ask.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn revoke_token(self, id: TokenId) -> Result<(), Error> {
        self.0
            .done(&Call::delete(format!("auth/tokens/{id}")))
            .await
    }
}
