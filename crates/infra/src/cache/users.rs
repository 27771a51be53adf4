use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use hexpress_domain::auth::Revocation;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::Page;
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::{
    Email, LockedUser, PasswordHash, User, UserChange, UserId, UserQuery, UserRecord,
    UserRepository,
};

use super::callers::wait_for_callers;
use super::invalidations::{Invalidations, Subject, may_have_written};

/// Tells of every write of users, whose names stand in their posts, and returns from
/// those that take rights away when every instance goes by what is left of them.
pub(super) struct InvalidatingUserRepository {
    pub(super) users: Arc<dyn UserRepository>,
    pub(super) invalidations: Arc<Invalidations>,
}

#[async_trait]
impl UserRepository for InvalidatingUserRepository {
    async fn insert(&self, user: UserRecord) -> Result<User, RepositoryError> {
        self.users.insert(user).await
    }

    async fn find(&self, id: UserId, liveness: Liveness) -> Result<Option<User>, RepositoryError> {
        self.users.find(id, liveness).await
    }

    async fn find_by_email(
        &self,
        email: Email,
    ) -> Result<Option<(User, PasswordHash)>, RepositoryError> {
        self.users.find_by_email(email).await
    }

    async fn password_hash(&self, id: UserId) -> Result<Option<PasswordHash>, RepositoryError> {
        self.users.password_hash(id).await
    }

    async fn list(&self, query: UserQuery) -> Result<Page<User>, RepositoryError> {
        self.users.list(query).await
    }

    /// Waits after a change that takes rights away. Waits, too, where a deleted or inactive
    /// user is not changed: another write may have taken the rights and not have returned.
    async fn change(
        &self,
        id: UserId,
        decide: Decide<LockedUser, UserChange>,
    ) -> Result<User, RepositoryError> {
        let must_wait = Arc::new(AtomicBool::new(false));
        let found_out = Arc::clone(&must_wait);
        let decide: Decide<LockedUser, UserChange> = Arc::new(move |locked| {
            let decision = decide(locked);
            let user = &locked.user;
            let must_wait = match &decision {
                Ok(Some(change)) => {
                    change.revocation != Revocation::None || change.user.role != user.role
                }
                Ok(None) | Err(_) => !(user.is_live() && user.is_active),
            };
            found_out.fetch_or(must_wait, Ordering::Relaxed);
            decision
        });
        let outcome = self.users.change(id, decide).await;
        let pages = may_have_written(&outcome).then_some(Subject::PostPages);
        let of_user = [Subject::Author(id), Subject::Caller(id)];
        self.invalidations.written(of_user.into_iter().chain(pages));
        if must_wait.load(Ordering::Relaxed) {
            wait_for_callers().await;
        }
        outcome
    }

    async fn has_active_admin(&self) -> Result<bool, RepositoryError> {
        self.users.has_active_admin().await
    }
}
