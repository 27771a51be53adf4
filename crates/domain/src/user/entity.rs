use chrono::{DateTime, Utc};

use super::{Email, PasswordHash, PersonName, Role, UserPatch};
use crate::auth::Revocation;
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

/// A user as a decision sees it, while the row is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedUser {
    /// The user, deleted or not.
    pub user: User,
    /// The hash of the password.
    pub password_hash: PasswordHash,
    /// Whether the user is an active admin and no other is left.
    pub is_last_admin: bool,
}

/// What a decision makes of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChange {
    /// The user after the change, one version on.
    pub user: User,
    /// The hash of a new password, if there is one.
    pub password_hash: Option<PasswordHash>,
    /// The tokens that end with the change.
    pub revocation: Revocation,
}

impl LockedUser {
    /// Whether a change would leave no active admin.
    #[must_use]
    pub fn removes_last_admin(&self, change: &UserChange) -> bool {
        self.is_last_admin && !change.user.is_active_admin()
    }
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
            user: after.changed(at),
            password_hash,
            revocation,
        })
    }

    /// The deletion of this user, which ends every token.
    #[must_use]
    pub fn deletion(&self, at: DateTime<Utc>) -> UserChange {
        let deleted = Self {
            deleted_at: Some(at),
            ..self.clone()
        };
        UserChange {
            user: deleted.changed(at),
            password_hash: None,
            revocation: Revocation::All,
        }
    }

    /// What undoes the deletion of this user. No token comes back.
    #[must_use]
    pub fn restoration(&self, at: DateTime<Utc>) -> UserChange {
        let restored = Self {
            deleted_at: None,
            ..self.clone()
        };
        UserChange {
            user: restored.changed(at),
            password_hash: None,
            revocation: Revocation::None,
        }
    }

    fn changed(self, at: DateTime<Utc>) -> Self {
        Self {
            version: self.version.next(),
            updated_at: at,
            ..self
        }
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
        assert_eq!(change.user.name.full(), "Ada King");
        let unchanged = User {
            name: user.name.clone(),
            version: user.version,
            ..change.user
        };
        assert_eq!(unchanged, user);
        assert_eq!(change.user.version, user.version.next());
        assert_eq!(change.revocation, Revocation::None);
    }

    #[test]
    fn demotion_deactivation_and_deletion_take_the_last_admin_away() {
        let user = admin();
        let locked = |is_last_admin| LockedUser {
            user: admin(),
            password_hash: PasswordHash::new("hash".into()),
            is_last_admin,
        };
        let patch = |role, is_active| UserPatch {
            role,
            is_active,
            last_name: Some("King".parse().unwrap()),
            ..UserPatch::default()
        };
        for (change, removes) in [
            (
                change(&user, &patch(Some(Role::Moderator), None), None),
                true,
            ),
            (change(&user, &patch(None, Some(false)), None), true),
            (Some(user.deletion(user.updated_at)), true),
            (
                change(&user, &patch(Some(Role::Admin), Some(true)), None),
                false,
            ),
        ] {
            let change = change.unwrap();
            assert_eq!(locked(true).removes_last_admin(&change), removes);
            assert!(!locked(false).removes_last_admin(&change));
        }
    }

    #[test]
    fn a_deletion_ends_all_tokens_and_is_undone() {
        let user = admin();
        let deletion = user.deletion(user.updated_at);
        assert_eq!(deletion.user.deleted_at, Some(user.updated_at));
        assert_eq!(deletion.revocation, Revocation::All);
        let restored = deletion.user.restoration(user.updated_at);
        assert_eq!(
            (restored.user.deleted_at, restored.revocation),
            (None, Revocation::None)
        );
        assert_eq!(restored.user.version, user.version.next().next());
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
