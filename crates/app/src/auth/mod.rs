//! Login, logout and tokens.

mod guess;
mod limits;
mod verification;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hexpress_domain::auth::{
    Actor, ApiTokenRecord, CREDENTIALS_CHANGED, ClientAddress, Credentials, LoginAttempt,
    LoginGuard, NewApiToken, PasswordHasher, RawNewApiToken, SessionPolicy, SessionRecord,
    TOO_MANY_TOKENS, Token, TokenId, TokenMint, TokenRepository, TokenSecret, Verification,
};
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::id::Id;
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{User, UserRepository};
use hexpress_domain::validation::ValidationErrors;

use crate::permissions::Permit;
use crate::permissions::operations::{LogOut, ManageTokens};
use crate::{Error, InvalidState, Resource};

pub(crate) use guess::Guess;
pub use limits::MAX_API_TOKENS;
pub(crate) use verification::until_verified;

/// A login that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The session's token, shown this once.
    pub secret: TokenSecret,
    /// When the session ends unless it is used before.
    pub expires_at: DateTime<Utc>,
    /// Who logged in.
    pub user: User,
}

/// What the use cases of authentication need.
pub struct AuthPorts {
    /// Keeps users.
    pub users: Arc<dyn UserRepository>,
    /// Keeps tokens.
    pub tokens: Arc<dyn TokenRepository>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Makes tokens.
    pub mint: Arc<dyn TokenMint>,
    /// Counts guesses at passwords.
    pub guard: Arc<dyn LoginGuard>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn IdGenerator>,
}

/// The use cases of authentication.
pub struct AuthService {
    ports: AuthPorts,
    policy: SessionPolicy,
}

impl AuthService {
    /// Puts the use cases on their ports.
    #[must_use]
    pub const fn new(ports: AuthPorts, policy: SessionPolicy) -> Self {
        Self { ports, policy }
    }

    /// Logs a user in: opens a session and sets the time of the last login.
    ///
    /// Costs a hash whether or not the email is known. A guess is counted before
    /// the password is looked at, and taken back when it was right. It counts as a wrong one
    /// where the returned future is dropped before that is known. A hash that was made with
    /// weaker settings is replaced by one with the present ones. Of a user who has as many
    /// sessions as [`SessionPolicy::per_user`] the one that was used longest ago ends.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCredentials`] for an unknown email, a wrong password, and a
    /// user who is deactivated or deleted; [`Error::RateLimited`] after too many
    /// wrong guesses; [`Error::Unavailable`] when too much is being hashed.
    pub async fn login(
        &self,
        credentials: &Credentials,
        address: ClientAddress,
    ) -> Result<Login, Error> {
        let attempt = LoginAttempt {
            email: credentials.email.clone(),
            address,
            at: self.ports.clock.now(),
        };
        let guess = Guess::reserve(&self.ports.guard, attempt).await?;
        let outcome = until_verified(|| self.try_login(credentials)).await;
        let is_wrong = matches!(outcome, Err(Error::InvalidCredentials));
        guess.land(is_wrong).await;
        outcome
    }

    /// `None` where the password was changed while it was verified.
    async fn try_login(&self, credentials: &Credentials) -> Result<Option<Login>, Error> {
        let Credentials { email, password } = credentials;
        let found = self.ports.users.find_by_email(email.clone()).await?;
        let hash = found.as_ref().map(|(_, hash)| hash.clone());
        let verification = self.ports.hasher.verify(password.clone(), hash).await?;
        let (Verification::Match { outdated }, Some((user, verified_hash))) = (verification, found)
        else {
            return Err(Error::InvalidCredentials);
        };
        if !user.is_active {
            return Err(Error::InvalidCredentials);
        }
        let upgraded_hash = if outdated {
            Some(self.ports.hasher.hash(password.clone()).await?)
        } else {
            None
        };
        let minted = self.ports.mint.mint().map_err(Error::Internal)?;
        let now = self.ports.clock.now();
        let expires_at = self.policy.expiry(now, now);
        let session = SessionRecord {
            id: Id::generate(&*self.ports.ids),
            user_id: user.id,
            digest: minted.digest,
            verified_hash,
            upgraded_hash,
            expires_at,
            at: now,
            limit: self.policy.per_user,
        };
        match self.ports.tokens.open_session(session).await {
            Ok(opened) => Ok(Some(Login {
                secret: minted.secret,
                expires_at,
                user: opened.user,
            })),
            Err(RepositoryError::Conflict(CREDENTIALS_CHANGED)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The actor whom a token authenticates. Its use is written down, at most once a
    /// minute.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidToken`] where the text is no token, or the token is
    /// unknown, expired or revoked, or its user may not log in any more.
    pub async fn authenticate(&self, token: &str) -> Result<Actor, Error> {
        let secret: TokenSecret = token.parse().map_err(|_| Error::InvalidToken)?;
        let digest = self.ports.mint.digest(secret);
        let now = self.ports.clock.now();
        let found = self.ports.tokens.authenticate(digest, now).await?;
        let found = found.ok_or(Error::InvalidToken)?;
        if found.token.use_is_due(now) {
            let expires_at = found.token.expiry_when_used(&self.policy, now);
            self.ports
                .tokens
                .record_use(found.token.id, now, expires_at);
        }
        Ok(Actor::User(found.principal))
    }

    /// Revokes the token in use.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] where none is.
    pub async fn logout(&self, who: &Permit<LogOut>) -> Result<(), Error> {
        let principal = who.principal()?;
        let revoked = self
            .ports
            .tokens
            .revoke(principal.user_id, principal.token_id);
        match revoked.await {
            // Somebody else was faster, and the token is revoked all the same.
            Ok(()) | Err(RepositoryError::NotFound) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The caller's own tokens, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`], and [`Error::Forbidden`] for an API token.
    pub async fn list_tokens(&self, who: &Permit<ManageTokens>) -> Result<Vec<Token>, Error> {
        let principal = who.principal()?;
        let now = self.ports.clock.now();
        Ok(self.ports.tokens.list(principal.user_id, now).await?)
    }

    /// Reads a wish for an API token, whose end must lie in the future.
    ///
    /// # Errors
    ///
    /// All faults of all fields.
    pub fn read_new_token(&self, raw: RawNewApiToken) -> Result<NewApiToken, ValidationErrors> {
        NewApiToken::parse(raw, self.ports.clock.now())
    }

    /// Makes an API token for the caller. Its secret is shown this once.
    ///
    /// # Errors
    ///
    /// As [`Self::list_tokens`]; [`Error::Validation`] where the token's end has
    /// come, and [`Error::InvalidState`] where the caller has [`MAX_API_TOKENS`].
    pub async fn create_token(
        &self,
        who: &Permit<ManageTokens>,
        command: NewApiToken,
    ) -> Result<(Token, TokenSecret), Error> {
        let principal = who.principal()?;
        let now = self.ports.clock.now();
        command.check_end(now)?;
        let minted = self.ports.mint.mint().map_err(Error::Internal)?;
        let record = ApiTokenRecord {
            id: Id::generate(&*self.ports.ids),
            user_id: principal.user_id,
            session_id: principal.token_id,
            digest: minted.digest,
            name: command.name,
            expires_at: command.expires_at,
            at: now,
            limit: MAX_API_TOKENS,
        };
        match self.ports.tokens.insert_api_token(record).await {
            Ok(token) => Ok((token, minted.secret)),
            Err(RepositoryError::Conflict(CREDENTIALS_CHANGED)) => Err(Error::InvalidToken),
            Err(RepositoryError::Conflict(TOO_MANY_TOKENS)) => {
                Err(Error::InvalidState(InvalidState::TokenLimit))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Revokes one of the caller's own tokens.
    ///
    /// # Errors
    ///
    /// As [`Self::list_tokens`], and [`Error::NotFound`] where the caller has no
    /// such token.
    pub async fn revoke_token(&self, who: &Permit<ManageTokens>, id: TokenId) -> Result<(), Error> {
        let principal = who.principal()?;
        let revoked = self.ports.tokens.revoke(principal.user_id, id).await;
        revoked.map_err(Error::about(Resource::Token))
    }

    /// Removes expired tokens and login counters; returns how many.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn sweep(&self) -> Result<u64, Error> {
        let now = self.ports.clock.now();
        let tokens = self.ports.tokens.sweep(now).await?;
        let counters = self.ports.guard.sweep(now).await?;
        Ok(tokens.saturating_add(counters))
    }
}
