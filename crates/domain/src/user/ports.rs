use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Email, LockedUser, PasswordHash, PersonName, Role, User, UserChange, UserQuery};
use crate::entity::{Liveness, Version};
use crate::list::Page;
use crate::repository::{Decide, RepositoryError};
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

impl From<UserRecord> for User {
    fn from(record: UserRecord) -> Self {
        Self {
            id: record.id,
            email: record.email,
            name: record.name,
            role: record.role,
            is_active: true,
            last_login_at: None,
            version: Version::FIRST,
            created_at: record.at,
            updated_at: record.at,
            deleted_at: None,
        }
    }
}

/// Keeps users.
///
/// Each method is one transaction: it happens whole or not at all, whatever
/// becomes of the caller. When the future that asked for a write is dropped, a write that was
/// begun is finished; one that waits for its turn is not begun. Besides what its own comment names,
/// every method may answer [`RepositoryError::Unavailable`] and
/// [`RepositoryError::Internal`].
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Stores a new user and returns it.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Duplicate`] with [`User::UNIQUE_EMAIL`] where a live user has it; of
    /// any number of racing calls with one email exactly one succeeds.
    async fn insert(&self, user: UserRecord) -> Result<User, RepositoryError>;

    /// The user of this id, if there is one of that liveness.
    async fn find(&self, id: UserId, liveness: Liveness) -> Result<Option<User>, RepositoryError>;

    /// The live user of this email address, with the password's hash.
    async fn find_by_email(
        &self,
        email: Email,
    ) -> Result<Option<(User, PasswordHash)>, RepositoryError>;

    /// The hash of a live user's password. `None` where the user is deleted or unknown.
    async fn password_hash(&self, id: UserId) -> Result<Option<PasswordHash>, RepositoryError>;

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

    /// Stores what a decision makes of a user, deleted or not, ends the tokens that it
    /// names, and returns the user. Of any number of racing decisions each sees what the
    /// one before has left, so none is lost.
    ///
    /// A decision returns the user after the change, one version on. The id, the last
    /// login and the time of the sign-up stay. [`LockedUser::is_last_admin`] stays right
    /// until the end of the change: of any number of racing changes that take an active
    /// admin away, the decision about the last admin sees that it is the last.
    ///
    /// The deletion of a user deletes all live posts of the user, too; their versions
    /// move on by one. The email and the slugs are free again. The restoration of a user
    /// restores the posts that were deleted with the user, not those that were deleted
    /// before. Their versions move on by one, and a slug that is taken by now, or kept
    /// for another post, gets a number.
    ///
    /// # Errors
    ///
    /// - [`RepositoryError::NotFound`] where no user has the id;
    /// - [`RepositoryError::Refused`] where the decision refuses;
    /// - [`RepositoryError::Duplicate`] with [`User::UNIQUE_EMAIL`] where the user would
    ///   be live and another live one has the email.
    async fn change(
        &self,
        id: UserId,
        decide: Decide<LockedUser, UserChange>,
    ) -> Result<User, RepositoryError>;

    /// Whether there is an active admin.
    async fn has_active_admin(&self) -> Result<bool, RepositoryError>;
}
