use chrono::{DateTime, Utc};

use super::{Email, PasswordHash, PersonName, Role, UserPatch};
use crate::auth::Revocation;
use crate::entity::Version;
use crate::id::Id;

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

/// A change to a user that was decided on a certain version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChange {
    /// Whose row to change.
    pub id: UserId,
    /// The version that the change was decided on.
    pub seen: Version,
    /// The address after the change.
    pub email: Email,
    /// The name after the change.
    pub name: PersonName,
    /// The role after the change.
    pub role: Role,
    /// Whether the user may log in after the change.
    pub is_active: bool,
    /// The hash of a new password, if there is one.
    pub password_hash: Option<PasswordHash>,
    /// Whether the change takes an active admin away, so that another must be left.
    pub removes_admin: bool,
    /// Whether the role or the activity is another after the change.
    pub changes_rights: bool,
    /// The tokens that end with the change.
    pub revocation: Revocation,
    /// When the change happens.
    pub at: DateTime<Utc>,
}

impl User {
    /// Whether the user is not deleted.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// Whether the user counts as one of the admins of whom one must be left.
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

    /// The change that a patch makes to this user; `None` where it makes none.
    ///
    /// `password_hash` is the hash of the patch's password. A new password ends
    /// the tokens that `on_new_password` names; deactivation ends all.
    #[must_use]
    pub fn change(
        &self,
        patch: &UserPatch,
        password_hash: Option<PasswordHash>,
        on_new_password: Revocation,
        at: DateTime<Utc>,
    ) -> Option<UserChange> {
        let after = Self {
            email: patch.email.clone().unwrap_or_else(|| self.email.clone()),
            name: PersonName {
                first: patch
                    .first_name
                    .clone()
                    .unwrap_or_else(|| self.name.first.clone()),
                last: patch
                    .last_name
                    .clone()
                    .unwrap_or_else(|| self.name.last.clone()),
            },
            role: patch.role.unwrap_or(self.role),
            is_active: patch.is_active.unwrap_or(self.is_active),
            ..self.clone()
        };
        if after == *self && password_hash.is_none() {
            return None;
        }
        let revocation = if self.is_active && !after.is_active {
            Revocation::All
        } else if password_hash.is_some() {
            on_new_password
        } else {
            Revocation::None
        };
        Some(UserChange {
            id: self.id,
            seen: self.version,
            removes_admin: self.is_active_admin() && !after.is_active_admin(),
            changes_rights: (self.role, self.is_active) != (after.role, after.is_active),
            email: after.email,
            name: after.name,
            role: after.role,
            is_active: after.is_active,
            password_hash,
            revocation,
            at,
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn admin() -> User {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        User {
            id: UserId::new(Uuid::from_u128(1)),
            email: "ada@example.org".parse().unwrap(),
            name: PersonName {
                first: "Ada".parse().unwrap(),
                last: "Lovelace".parse().unwrap(),
            },
            role: Role::Admin,
            is_active: true,
            last_login_at: None,
            version: Version::new(7),
            created_at: at,
            updated_at: at,
            deleted_at: None,
        }
    }

    fn change(user: &User, patch: &UserPatch, hash: Option<PasswordHash>) -> Option<UserChange> {
        user.change(patch, hash, Revocation::All, user.updated_at)
    }

    #[test]
    fn a_patch_equal_to_what_is_there_is_no_change() {
        let user = admin();
        let same = UserPatch {
            email: Some(user.email.clone()),
            first_name: Some(user.name.first.clone()),
            last_name: Some(user.name.last.clone()),
            role: Some(user.role),
            is_active: Some(true),
            ..UserPatch::default()
        };
        assert_eq!(change(&user, &UserPatch::default(), None), None);
        assert_eq!(change(&user, &same, None), None);
    }

    #[test]
    fn what_the_patch_leaves_out_stays() {
        let user = admin();
        let patch = UserPatch {
            last_name: Some("King".parse().unwrap()),
            ..UserPatch::default()
        };
        let change = change(&user, &patch, None).unwrap();
        assert_eq!(change.name.full(), "Ada King");
        assert_eq!(change.email, user.email);
        assert_eq!(change.seen, user.version);
        assert_eq!(change.revocation, Revocation::None);
        assert!(!change.removes_admin);
    }

    #[test]
    fn demotion_and_deactivation_take_an_admin_away() {
        let user = admin();
        for patch in [
            UserPatch {
                role: Some(Role::Moderator),
                ..UserPatch::default()
            },
            UserPatch {
                is_active: Some(false),
                ..UserPatch::default()
            },
        ] {
            assert!(change(&user, &patch, None).unwrap().removes_admin);
            let inactive = User {
                is_active: false,
                ..user.clone()
            };
            assert!(change(&inactive, &patch, None).is_none_or(|change| !change.removes_admin));
        }
    }

    #[test]
    fn a_new_password_and_deactivation_end_tokens() {
        let user = admin();
        let hash = PasswordHash::new("hash".into());
        let kept = Revocation::AllBut(crate::auth::TokenId::new(Uuid::from_u128(2)));
        let password = user
            .change(
                &UserPatch::default(),
                Some(hash.clone()),
                kept,
                user.updated_at,
            )
            .unwrap();
        assert_eq!(password.revocation, kept);
        let off = UserPatch {
            is_active: Some(false),
            ..UserPatch::default()
        };
        let both = user
            .change(&off, Some(hash), kept, user.updated_at)
            .unwrap();
        assert_eq!(both.revocation, Revocation::All);
    }
}
