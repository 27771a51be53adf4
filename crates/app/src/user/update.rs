use std::sync::{Arc, OnceLock};

use hexpress_domain::auth::{Actor, ClientAddress, LoginAttempt, Verification};
use hexpress_domain::repository::{Refusal, RepositoryError};
use hexpress_domain::user::{
    CurrentPasswordError, LockedUser, Password, PasswordHash, User, UserField, UserId, UserPatch,
};
use hexpress_domain::validation::ValidationErrors;

use super::{UserService, require_admin_left, require_live};
use crate::auth::{Guess, until_verified};
use crate::permissions::operations::ChangeUser;
use crate::permissions::{self, Permit, Target};
use crate::{Error, Preconditions, Resource};

/// The password was changed after it had been verified.
#[derive(Debug, thiserror::Error)]
#[error("the password was changed while it was verified")]
struct PasswordChanged;

/// A change of an account that an actor wants.
struct Update {
    actor: Actor,
    patch: UserPatch,
    preconditions: Option<Preconditions>,
}

impl Update {
    /// Checks that the actor may send the patch and sends the present password where it
    /// is needed. Does not check that the password is right.
    fn permit(&self, user: &User) -> Result<(), Error> {
        let Self { actor, patch, .. } = self;
        user.require_visible_to(actor)?;
        permissions::permit_user_patch(actor, user, patch)?;
        let is_needed = patch.password.is_some() || user.email_changes(patch);
        if is_needed
            && patch.current_password.is_none()
            && permissions::must_confirm_password(actor, user)
        {
            return Err(wrong_password());
        }
        Ok(())
    }

    /// The present password, where it was sent and must be right.
    fn claimed_password(&self, user: &User) -> Option<&Password> {
        let claimed = self.patch.current_password.as_ref();
        claimed.filter(|_| permissions::must_confirm_password(&self.actor, user))
    }

    /// Whether the account is in a state to be changed.
    fn check_state(&self, user: &User) -> Result<(), Error> {
        Preconditions::check(self.preconditions.as_ref(), user.version)?;
        require_live(user)
    }
}

impl UserService {
    /// Changes an account. A patch that changes nothing leaves the version and
    /// `updated_at` as they are.
    ///
    /// Users who change their own email or password must send the present password. It is
    /// compared whenever it is sent, and wrong ones count like failed logins from
    /// `address`. A new password ends the account's tokens, but for the one in use when
    /// it is the own account.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Validation`] on
    /// `currentPassword`, [`Error::PreconditionFailed`], [`Error::Duplicate`] for
    /// a taken email, [`Error::InvalidState`] for the last active admin and for a
    /// deleted account, [`Error::RateLimited`].
    pub async fn update(
        &self,
        who: &Permit<ChangeUser>,
        id: UserId,
        patch: UserPatch,
        preconditions: Option<&Preconditions>,
        address: ClientAddress,
    ) -> Result<User, Error> {
        let actor = who.actor();
        let update = Arc::new(Update {
            actor: actor.clone(),
            patch,
            preconditions: preconditions.cloned(),
        });
        let new_hash = OnceLock::new();
        until_verified(|| self.try_update(id, &update, address, &new_hash)).await
    }

    /// `None` where the password was changed while it was verified. `new_hash` keeps the
    /// hash of the new password for the next attempt.
    async fn try_update(
        &self,
        id: UserId,
        update: &Arc<Update>,
        address: ClientAddress,
        new_hash: &OnceLock<PasswordHash>,
    ) -> Result<Option<User>, Error> {
        let verified = self.hash(id, update, address, new_hash).await?;
        let (update, new_hash) = (Arc::clone(update), new_hash.get().cloned());
        let clock = Arc::clone(&self.ports.clock);
        let decide = move |locked: &LockedUser| -> Result<_, Refusal> {
            let user = &locked.user;
            update.permit(user)?;
            let is_claimed = update.claimed_password(user).is_some();
            if is_claimed && verified.as_ref() != Some(&locked.password_hash) {
                return Err(PasswordChanged.into());
            }
            update.check_state(user)?;
            let ended = permissions::revoked_by_new_password(&update.actor, user);
            let change = user.change(&update.patch, new_hash.clone(), ended, clock.now());
            let change = change.map(|change| require_admin_left(locked, change));
            Ok(change.transpose()?)
        };
        match self.ports.users.change(id, Arc::new(decide)).await {
            Ok(user) => Ok(Some(user)),
            Err(RepositoryError::Refused(refusal)) if refusal.is::<PasswordChanged>() => Ok(None),
            Err(error) => Err(Error::about(Resource::User)(error)),
        }
    }

    /// Does the slow hashing before the row is locked, and only for actors who may change
    /// the account: verifies the present password, and hashes the new one. Returns the
    /// hash against which the present one was verified.
    async fn hash(
        &self,
        id: UserId,
        update: &Update,
        address: ClientAddress,
        new_hash: &OnceLock<PasswordHash>,
    ) -> Result<Option<PasswordHash>, Error> {
        let patch = &update.patch;
        if patch.password.is_none() && patch.current_password.is_none() {
            return Ok(None);
        }
        let user = self.visible(&update.actor, id).await?;
        update.permit(&user)?;
        let verified = match update.claimed_password(&user) {
            Some(claimed) => Some(self.verify(&user, claimed.clone(), address).await?),
            None => None,
        };
        update.check_state(&user)?;
        if let (Some(password), None) = (&patch.password, new_hash.get()) {
            let hash = self.ports.hasher.hash(password.clone()).await?;
            new_hash.get_or_init(|| hash);
        }
        Ok(verified)
    }

    /// The hash that the user's password was verified against. A wrong one counts like a
    /// failed login.
    async fn verify(
        &self,
        user: &User,
        claimed: Password,
        address: ClientAddress,
    ) -> Result<PasswordHash, Error> {
        let attempt = LoginAttempt {
            email: user.email.clone(),
            address,
            at: self.ports.clock.now(),
        };
        let guess = Guess::reserve(&self.ports.guard, attempt).await?;
        let outcome = self.compare(user.id, claimed).await;
        let is_wrong = matches!(outcome, Ok((_, Verification::Mismatch)));
        guess.land(is_wrong).await;
        match outcome? {
            (hash, Verification::Match { .. }) => Ok(hash),
            (_, Verification::Mismatch) => Err(wrong_password()),
        }
    }

    async fn compare(
        &self,
        id: UserId,
        claimed: Password,
    ) -> Result<(PasswordHash, Verification), Error> {
        let hash = self.ports.users.password_hash(id).await?;
        let hash = hash.ok_or(Error::NotFound(Resource::User))?;
        let verification = self
            .ports
            .hasher
            .verify(claimed, Some(hash.clone()))
            .await?;
        Ok((hash, verification))
    }
}

fn wrong_password() -> Error {
    ValidationErrors::of(UserField::CurrentPassword.as_str(), CurrentPasswordError).into()
}
