use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{ClientAddress, MintedToken, Principal, Token, TokenDigest, TokenName, TokenSecret};
use crate::auth::TokenId;
use crate::repository::{Conflict, RepositoryError, Source};
use crate::user::{Email, Password, PasswordHash, User, UserId};

/// The user is no longer live, active, or reachable with the password or the session
/// that was verified.
pub const CREDENTIALS_CHANGED: Conflict = Conflict("the credentials have changed");

/// The user has as many API tokens as one may have.
pub const TOO_MANY_TOKENS: Conflict = Conflict("too many API tokens");

/// A session to be stored, for a user whose password was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The new token's id.
    pub id: TokenId,
    /// Whose session it is.
    pub user_id: UserId,
    /// The digest of its secret.
    pub digest: TokenDigest,
    /// The hash that the password was verified against.
    pub verified_hash: PasswordHash,
    /// A stronger hash of the same password, to replace the verified one.
    pub upgraded_hash: Option<PasswordHash>,
    /// When the session ends unless it is used before.
    pub expires_at: DateTime<Utc>,
    /// When the login happens.
    pub at: DateTime<Utc>,
    /// How many unexpired sessions a user may have, this one included; at least 1.
    pub limit: u32,
}

/// A session that has been stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedSession {
    /// The user, after the login.
    pub user: User,
    /// The sessions that ended because the user had as many as one may have.
    pub ended: Vec<TokenId>,
}

/// An API token to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiTokenRecord {
    /// The new token's id.
    pub id: TokenId,
    /// Whose token it is.
    pub user_id: UserId,
    /// The session that asks for it.
    pub session_id: TokenId,
    /// The digest of its secret.
    pub digest: TokenDigest,
    /// What its owner calls it.
    pub name: TokenName,
    /// When it ends; `None` is never.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it is made.
    pub at: DateTime<Utc>,
    /// How many unexpired API tokens a user may have, this one included.
    pub limit: u32,
}

/// A valid token and its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// Who is asking.
    pub principal: Principal,
    /// The token.
    pub token: Token,
}

/// Keeps tokens. The promises in [`UserRepository`]'s comment hold here too.
///
/// [`UserRepository`]: crate::user::UserRepository
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait TokenRepository: Send + Sync {
    /// Stores a session, sets the user's `last_login_at`, and replaces the hash
    /// where a stronger one is given; returns the user. Moves no version. Of the user's
    /// other unexpired sessions it ends those that were used longest ago, until they and
    /// the new one are as many as the limit.
    ///
    /// Holds the user's row while it writes, so that no session outlives a
    /// deactivation, a deletion or a change of password that it raced, and racing logins
    /// cannot pass the limit together.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Conflict`] with [`CREDENTIALS_CHANGED`] unless the user
    /// is live, active, and still has the hash that was verified.
    async fn open_session(&self, session: SessionRecord) -> Result<OpenedSession, RepositoryError>;

    /// Stores an API token and returns it.
    ///
    /// Holds the user's row while it counts and writes, so that racing calls
    /// cannot pass the limit together.
    ///
    /// # Errors
    ///
    /// - [`RepositoryError::Conflict`] with [`TOO_MANY_TOKENS`] where the user has as
    ///   many unexpired API tokens as the limit;
    /// - [`RepositoryError::Conflict`] with [`CREDENTIALS_CHANGED`] unless the user
    ///   is live and active and the session that asks still stands.
    async fn insert_api_token(&self, token: ApiTokenRecord) -> Result<Token, RepositoryError>;

    /// The token of this digest and its user, unless the token is unknown or has expired
    /// at `now`, or the user is deleted or not active. It sees every write of this port
    /// and of [`UserRepository`] that had returned before the call, on whichever
    /// instance: a token that was revoked by then is not found.
    ///
    /// [`UserRepository`]: crate::user::UserRepository
    async fn authenticate(
        &self,
        digest: TokenDigest,
        now: DateTime<Utc>,
    ) -> Result<Option<Authenticated>, RepositoryError>;

    /// Writes down that a token is used at `now` and when it ends from now on.
    ///
    /// Returns at once and never fails: the write is done beside the request, and
    /// where it cannot be done, the next use tries again.
    fn record_use(&self, id: TokenId, now: DateTime<Utc>, expires_at: Option<DateTime<Utc>>);

    /// A user's tokens that have not expired at `now`, the newest first.
    async fn list(
        &self,
        user_id: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Token>, RepositoryError>;

    /// Removes one of a user's tokens, so that no request that begins later is
    /// let in by it.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::NotFound`] where the user has no such token.
    async fn revoke(&self, user_id: UserId, id: TokenId) -> Result<(), RepositoryError>;

    /// Removes tokens that have expired at `now`, in batches; returns how many.
    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError>;
}

/// What a comparison of a password with a hash found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// The password matches the hash.
    Match {
        /// The hash was made with weaker settings than new ones are, or of the spelling that
        /// was sent where that is not in Unicode form NFKC.
        outdated: bool,
    },
    /// The password does not match.
    Mismatch,
}

/// Why a password could not be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum HasherError {
    /// The queue for hashing is full.
    #[error("too many passwords are being hashed")]
    Overloaded,
    /// A fault of ours, such as a stored hash that cannot be read.
    #[error("internal hasher error")]
    Internal(#[source] Source),
}

/// Hashes passwords, slowly on purpose: off the threads that serve requests, and
/// only so many at once.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// A salted hash of the password in Unicode form NFKC, with the present settings.
    ///
    /// # Errors
    ///
    /// [`HasherError`].
    async fn hash(&self, password: Password) -> Result<PasswordHash, HasherError>;

    /// Compares a password with a hash: in Unicode form NFKC first, then as it was sent where
    /// that is another spelling. Without a hash (nobody has the email) it never matches.
    ///
    /// Costs the same without a hash as with any, whatever settings it was made with:
    /// the present ones, weaker or stronger ones, and whichever spelling matches. Otherwise the time of the answer tells
    /// which emails are known.
    ///
    /// # Errors
    ///
    /// [`HasherError`].
    async fn verify(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HasherError>;
}

/// Makes tokens and their digests.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait TokenMint: Send + Sync {
    /// A new token from at least 256 bits of the system's randomness.
    ///
    /// # Errors
    ///
    /// The cause, where the system gives no randomness.
    fn mint(&self) -> Result<MintedToken, Source>;

    /// The SHA-256 of a token.
    fn digest(&self, secret: TokenSecret) -> TokenDigest;
}

/// A guess at somebody's password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginAttempt {
    /// Whose password, known or not.
    pub email: Email,
    /// From where.
    pub address: ClientAddress,
    /// When.
    pub at: DateTime<Utc>,
}

/// Whether a guess may be made. Of several the greatest is the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reservation {
    /// A guess may be made. It is in flight until it is taken back or has failed.
    Granted {
        /// When it counts as made: it is taken back, or fails, as an attempt of this time.
        at: DateTime<Utc>,
    },
    /// No more may be made while so many are in flight: those land within a moment. One of
    /// them that is right makes room for another.
    Pending,
    /// Too many guesses were wrong; one may be made after this time.
    Refused {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// Counts guesses at passwords, for all instances together.
///
/// An adapter is made with a limit: so many guesses each pair of email and address has
/// in a minute, five times as many each address in a minute, ten times as many each
/// email in an hour. A minute or an hour begins with the first guess that is counted in
/// it. A limit of 0 grants everything.
///
/// Guesses in flight take places as failed ones do, so that no more are made at once than
/// may fail. Whoever was granted one says what became of it: [`release`](Self::release),
/// [`fail`](Self::fail) or, where that is not found out, [`abandon`](Self::abandon). One whose
/// process ends before that stays in flight until its window ends.
///
/// What has begun is finished even if the returned future is dropped. A guess that is granted
/// to nobody, since the future of [`reserve`](Self::reserve) was dropped, is abandoned.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait LoginGuard: Send + Sync {
    /// Counts a guess before the password is looked at, under every limit or
    /// under none. A guess that is not granted writes nothing. Of any number of racing
    /// guesses no more are granted than the limits allow. Refused where as many have
    /// failed as a limit allows, pending where some of those are in flight.
    ///
    /// Guesses need not come in the order of their times: a window begins with the earliest
    /// that it counts.
    async fn reserve(&self, attempt: LoginAttempt) -> Result<Reservation, RepositoryError>;

    /// Takes back a guess that was granted and was right, or could not be looked at.
    ///
    /// Never fails: where it cannot be done, the adapter logs why, and the guess
    /// stays in flight until its window ends.
    async fn release(&self, attempt: LoginAttempt);

    /// Says that a guess that was granted was wrong: it is no longer in flight, and counts
    /// until its window ends.
    ///
    /// Never fails, as [`Self::release`].
    async fn fail(&self, attempt: LoginAttempt);

    /// Says that nobody will know what became of a guess that was granted, since its caller has
    /// gone: it counts as a wrong one, so that nobody guesses more often by hanging up.
    ///
    /// Returns at once and never fails: the write is done beside the caller.
    fn abandon(&self, attempt: LoginAttempt);

    /// Removes counters that limit nothing any more at `now`, in batches; returns how
    /// many.
    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError>;
}
