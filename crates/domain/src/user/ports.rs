use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Email, PasswordHash, PersonName, Role, User, UserChange, UserQuery};
use crate::entity::{Liveness, Version};
use crate::list::Page;
use crate::repository::RepositoryError;
use crate::user::UserId;

/// A user to be stored for the first time: active, never logged in, at
/// [`Version::FIRST`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// The new user's id.
    pub id: UserId,
    /// The address to log in with.
    pub email: Email,
    /// The hash of the chosen password.
    pub password_hash: PasswordHash,
    /// The person's name.
    pub name: PersonName,
    /// What the user is trusted with.
    pub role: Role,
    /// When the user signed up.
    pub at: DateTime<Utc>,
}

/// Keeps users.
///
/// Each method is one transaction: it happens whole or not at all, whatever
/// becomes of the caller. A write that was begun is finished even when the
/// future that asked for it is dropped. Besides what its own comment names,
/// every method may answer [`RepositoryError::Unavailable`] and
/// [`RepositoryError::Internal`].
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Stores a new user and returns it.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Duplicate`] of the email where a live user has it; of
    /// any number of racing calls with one email exactly one succeeds.
    async fn insert(&self, user: UserRecord) -> Result<User, RepositoryError>;

    /// The user of this id, if there is one of that liveness.
    async fn find(&self, id: UserId, liveness: Liveness) -> Result<Option<User>, RepositoryError>;

    /// The live user of this email address, with the password's hash.
    async fn find_by_email(
        &self,
        email: Email,
    ) -> Result<Option<(User, PasswordHash)>, RepositoryError>;

    /// The hash of a live user's password, as it was at one version of the user.
    /// `None` where the user is deleted, unknown, or at another version.
    async fn password_hash(
        &self,
        id: UserId,
        seen: Version,
    ) -> Result<Option<PasswordHash>, RepositoryError>;

    /// A page of users, its next cursor, and the total where it was asked for.
    ///
    /// The order is total (ties are settled by the id, in the same direction) and
    /// the same in every adapter: text by code point, users who never logged in
    /// below all others. A page of live users that continues behind a cursor, which
    /// callers take from the same order, costs the same however deep it lies.
    /// Searches count to [`Total::SEARCH_BOUND`].
    ///
    /// [`Total::SEARCH_BOUND`]: crate::list::Total::SEARCH_BOUND
    async fn list(&self, query: UserQuery) -> Result<Page<User>, RepositoryError>;

    /// Changes a live user who is at the version that was seen, moves the version
    /// on by one, sets `updated_at`, ends the tokens that the change names, and
    /// returns the user.
    ///
    /// Of any number of racing changes that saw one version exactly one succeeds.
    ///
    /// # Errors
    ///
    /// - [`RepositoryError::NotFound`] where no live user has the id;
    /// - [`RepositoryError::Stale`] where the version is another;
    /// - [`RepositoryError::Duplicate`] where another live user has the email;
    /// - [`RepositoryError::Conflict`] with [`LastAdmin`] where the change removes
    ///   an active admin and no other is left, however many such changes race.
    ///
    /// [`LastAdmin`]: crate::repository::Conflict::LastAdmin
    async fn change(&self, change: UserChange) -> Result<User, RepositoryError>;

    /// Deletes a live user who is at the version that was seen, and with the user
    /// all live posts of theirs: marks the rows, moves their versions on by one, and
    /// ends every token. The email and the slugs are free again.
    ///
    /// # Errors
    ///
    /// As [`UserRepository::change`], but for the duplicate. An active admin is
    /// deleted only while another is left.
    async fn delete(
        &self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError>;

    /// Undoes a deletion of a user who is at the version that was seen, and of the
    /// posts that went with the user (not of those that were deleted before): moves
    /// their versions on by one, sets `updated_at`, and returns the user. A slug that
    /// is taken by now, or kept for another post, gets a number. No token comes back.
    ///
    /// # Errors
    ///
    /// - [`RepositoryError::NotFound`] where no user, deleted or not, has the id;
    /// - [`RepositoryError::Conflict`] with [`NotDeleted`] where the user is live;
    /// - [`RepositoryError::Stale`] where the version is another;
    /// - [`RepositoryError::Duplicate`] where a live user has the email by now.
    ///
    /// [`NotDeleted`]: crate::repository::Conflict::NotDeleted
    async fn restore(
        &self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<User, RepositoryError>;

    /// Whether there is an active admin.
    async fn has_active_admin(&self) -> Result<bool, RepositoryError>;
}
