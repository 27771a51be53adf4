use std::sync::OnceLock;

use hexpress_domain::auth::{
    Actor, ClientAddress, LoginAttempt, Reservation, Revocation, Verification,
};
use hexpress_domain::user::UserId;
use hexpress_domain::user::{
    CurrentPasswordError, Password, PasswordHash, User, UserField, UserPatch,
};
use hexpress_domain::validation::ValidationErrors;

use super::{UserService, require_live};
use crate::permissions::{self, Operation};
use crate::retry::{Undecided, until_settled};
use crate::{Error, IfMatch};

impl UserService {
    /// Changes an account. A patch that changes nothing leaves the version and
    /// `updated_at` as they are.
    ///
    /// Whoever changes the own email or password shows the present password. It is
    /// compared whenever it is shown, and wrong ones count like failed logins from
    /// `address`. A new password ends
    /// the account's tokens, but for the one in use when it is the own account.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Validation`] on
    /// `currentPassword`, [`Error::PreconditionFailed`], [`Error::Duplicate`] for
    /// a taken email, [`Error::InvalidState`] for the last active admin and for a
    /// deleted account, [`Error::RateLimited`].
    pub async fn update(
        &self,
        actor: &Actor,
        id: UserId,
        patch: &UserPatch,
        if_match: Option<&IfMatch>,
        address: ClientAddress,
    ) -> Result<User, Error> {
        permissions::permit(actor, Operation::ChangeUser)?;
        let new_hash = OnceLock::new();
        until_settled(|| self.try_update(actor, id, patch, if_match, address, &new_hash)).await
    }

    /// `new_hash` keeps the hash of the new password from one decision to the
    /// next: it depends on none of them.
    async fn try_update(
        &self,
        actor: &Actor,
        id: UserId,
        patch: &UserPatch,
        if_match: Option<&IfMatch>,
        address: ClientAddress,
        new_hash: &OnceLock<PasswordHash>,
    ) -> Result<User, Undecided> {
        let user = self.visible(actor, id).await?;
        permissions::permit_user_patch(actor, &user, patch)?;
        if permissions::must_confirm_password(actor, &user) {
            self.confirm_password(&user, patch, address).await?;
        }
        IfMatch::check(if_match, user.version)?;
        require_live(&user)?;
        let new_hash = match (&patch.password, new_hash.get()) {
            (Some(password), None) => {
                let hash = self.ports.hasher.hash(password.clone()).await;
                let hash = hash.map_err(Error::from)?;
                Some(new_hash.get_or_init(|| hash))
            }
            (_, known) => known,
        };
        let now = self.ports.clock.now();
        match user.change(patch, new_hash.cloned(), ended_tokens(actor, id), now) {
            Some(change) => Ok(self.ports.users.change(change).await?),
            None => Ok(user),
        }
    }

    async fn confirm_password(
        &self,
        user: &User,
        patch: &UserPatch,
        address: ClientAddress,
    ) -> Result<(), Undecided> {
        let Some(password) = patch.current_password.clone() else {
            if patch.password.is_some() || user.email_changes(patch) {
                return Err(wrong_password().into());
            }
            return Ok(());
        };
        let attempt = LoginAttempt {
            email: user.email.clone(),
            address,
            at: self.ports.clock.now(),
        };
        let reservation = self.ports.guard.reserve(attempt.clone()).await?;
        if let Reservation::Refused { retry_after } = reservation {
            return Err(Error::RateLimited { retry_after }.into());
        }
        let outcome = self.compare(user, password).await;
        if !matches!(outcome, Ok(Verification::Mismatch)) {
            self.ports.guard.release(attempt).await;
        }
        match outcome? {
            Verification::Match { .. } => Ok(()),
            Verification::Mismatch => Err(wrong_password().into()),
        }
    }

    async fn compare(&self, user: &User, password: Password) -> Result<Verification, Undecided> {
        let hash = self.ports.users.password_hash(user.id, user.version);
        let hash = hash.await?.ok_or(Undecided::Stale)?;
        let verification = self.ports.hasher.verify(password, Some(hash)).await;
        Ok(verification.map_err(Error::from)?)
    }
}

/// The tokens that a new password ends: all but the one in use, if its user is
/// the one whose password it is.
fn ended_tokens(actor: &Actor, id: UserId) -> Revocation {
    match actor.principal() {
        Some(principal) if principal.user_id == id => Revocation::AllBut(principal.token_id),
        _ => Revocation::All,
    }
}

fn wrong_password() -> Error {
    ValidationErrors::of(UserField::CurrentPassword.as_str(), CurrentPasswordError).into()
}
