use chrono::{DateTime, Utc};

use super::{Email, PersonName, Role, UserPatch};
use crate::entity::Version;
use crate::id::Id;
use crate::repository::UniqueField;

/// The id of a user.
pub type UserId = Id<User>;

/// An account. The password's hash is no part of it, so that no answer can
/// show it by mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The address to log in with, unique among users that are not deleted.
    pub email: Email,
    /// The person's name.
    pub name: PersonName,
    /// What the user is trusted with.
    pub role: Role,
    /// Whether the user may log in.
    pub is_active: bool,
    /// When the user last logged in.
    pub last_login_at: Option<DateTime<Utc>>,
    /// The number of the row's state.
    pub version: Version,
    /// When the user signed up.
    pub created_at: DateTime<Utc>,
    /// When the user was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the user was deleted, if so.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl User {
    /// The email address, unique among live users.
    pub const UNIQUE_EMAIL: UniqueField = UniqueField {
        name: "email",
        taken: "Email address is already registered",
    };

    /// Whether the user is not deleted.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// Whether the user is a live and active admin. One such admin must always be left.
    #[must_use]
    pub fn is_active_admin(&self) -> bool {
        self.is_live() && self.is_active && self.role == Role::Admin
    }

    /// Whether a patch would give this user another email address.
    #[must_use]
    pub fn email_changes(&self, patch: &UserPatch) -> bool {
        patch
            .email
            .as_ref()
            .is_some_and(|email| *email != self.email)
    }
}
