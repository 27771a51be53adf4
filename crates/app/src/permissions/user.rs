use hexpress_domain::auth::{Actor, Revocation, TokenKind};
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::user::{LockedUser, Role, User, UserField, UserFilter, UserPatch};

use super::{Operation, RestrictedFilter, RestrictedFilters, Target, refuse_fields};
use crate::{Error, Resource};

impl RestrictedFilters for UserFilter {
    const RESTRICTED: &'static [RestrictedFilter<Self>] = &[RestrictedFilter {
        name: "deleted",
        operation: Operation::ListDeletedUsers,
        is_used: |filter| !matches!(filter.liveness, Liveness::Live),
    }];
}

/// Which accounts the actor sees: only admins see deleted ones.
#[must_use]
pub fn visible_users(actor: &Actor) -> Liveness {
    match actor.role() {
        Some(Role::Admin) => Liveness::Any,
        _ => Liveness::Live,
    }
}

impl Target for User {
    const RESOURCE: Resource = Resource::User;

    fn version(&self) -> Version {
        self.version
    }

    fn is_visible_to(&self, actor: &Actor) -> bool {
        self.is_live() || visible_users(actor) == Liveness::Any
    }
}

impl Target for LockedUser {
    const RESOURCE: Resource = Resource::User;

    fn version(&self) -> Version {
        self.user.version
    }

    fn is_visible_to(&self, actor: &Actor) -> bool {
        self.user.is_visible_to(actor)
    }
}

/// Whether the actor sees the whole account, or only the public profile.
#[must_use]
pub fn sees_full_user(actor: &Actor, user: &User) -> bool {
    actor.is(user.id) || matches!(actor.role(), Some(Role::Moderator | Role::Admin))
}

/// Decides whether the actor may send these changes to this account.
///
/// # Errors
///
/// [`Error::Forbidden`], with the fields that somebody else might have sent.
pub fn permit_user_patch(actor: &Actor, user: &User, patch: &UserPatch) -> Result<(), Error> {
    let is_self = actor.is(user.id);
    let is_admin = actor.role() == Some(Role::Admin);
    if !is_self && !is_admin {
        return Err(Error::forbidden());
    }
    let by_session = actor
        .principal()
        .is_none_or(|principal| principal.token_kind == TokenKind::Session);
    let may_send = |field| match field {
        UserField::FirstName | UserField::LastName => true,
        UserField::Email | UserField::Password => by_session,
        UserField::CurrentPassword => is_self,
        UserField::Role | UserField::IsActive => !is_self,
    };
    let fields = patch.fields().into_iter();
    refuse_fields(
        fields
            .filter(|field| !may_send(*field))
            .map(UserField::as_str),
    )
}

/// Whether the actor must send the present password to change this account's email or
/// password: users must on their own account.
#[must_use]
pub fn must_confirm_password(actor: &Actor, user: &User) -> bool {
    actor.is(user.id)
}

/// Decides whether the actor may delete this account.
///
/// # Errors
///
/// [`Error::Forbidden`].
pub fn permit_user_deletion(actor: &Actor, user: &User) -> Result<(), Error> {
    let allowed = match actor {
        Actor::Operator => true,
        Actor::Anonymous => false,
        Actor::User(principal) if principal.user_id == user.id => {
            principal.token_kind == TokenKind::Session
        }
        Actor::User(principal) => principal.role == Role::Admin,
    };
    if allowed {
        Ok(())
    } else {
        Err(Error::forbidden())
    }
}

/// Decides whether the actor may see how often this author's posts are read.
///
/// # Errors
///
/// [`Error::Forbidden`].
pub fn permit_statistics(actor: &Actor, author: &User) -> Result<(), Error> {
    if sees_full_user(actor, author) {
        Ok(())
    } else {
        Err(Error::forbidden())
    }
}

/// The tokens that end with a new password: all of the account, but for the token in
/// use where users change their own password.
#[must_use]
pub(crate) fn revoked_by_new_password(actor: &Actor, user: &User) -> Revocation {
    match actor.principal() {
        Some(principal) if principal.user_id == user.id => Revocation::AllBut(principal.token_id),
        _ => Revocation::All,
    }
}
