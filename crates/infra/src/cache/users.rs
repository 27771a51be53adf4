use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::Page;
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{
    Email, PasswordHash, User, UserChange, UserId, UserQuery, UserRecord, UserRepository,
};

use super::callers::wait_for_callers;
use super::invalidations::{Invalidations, Subject};

/// Tells of every write of users, whose names stand in their posts, and returns from
/// those that take rights away when every instance goes by what is left of them.
pub(super) struct InvalidatingUserRepository {
    pub(super) users: Arc<dyn UserRepository>,
    pub(super) invalidations: Arc<Invalidations>,
}

impl InvalidatingUserRepository {
    async fn write<T, F>(
        &self,
        id: UserId,
        write: impl FnOnce(Arc<dyn UserRepository>) -> F,
    ) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, RepositoryError>> + Send + 'static,
    {
        let subjects =
            move |_: &_| vec![Subject::Author(id), Subject::PostPages, Subject::Caller(id)];
        let write = write(Arc::clone(&self.users));
        self.invalidations.write(write, subjects).await
    }
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

    async fn password_hash(
        &self,
        id: UserId,
        seen: Version,
    ) -> Result<Option<PasswordHash>, RepositoryError> {
        self.users.password_hash(id, seen).await
    }

    async fn list(&self, query: UserQuery) -> Result<Page<User>, RepositoryError> {
        self.users.list(query).await
    }

    /// Waits after every outcome, as all that takes rights away: where somebody else was
    /// faster, that write may not have returned yet.
    async fn change(&self, change: UserChange) -> Result<User, RepositoryError> {
        let id = change.id;
        let is_waited_for = change.changes_rights || change.password_hash.is_some();
        let write = |users: Arc<dyn UserRepository>| async move { users.change(change).await };
        let outcome = self.write(id, write).await;
        if is_waited_for {
            wait_for_callers().await;
        }
        outcome
    }

    async fn delete(
        &self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let write =
            move |users: Arc<dyn UserRepository>| async move { users.delete(id, seen, at).await };
        let outcome = self.write(id, write).await;
        wait_for_callers().await;
        outcome
    }

    async fn restore(
        &self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<User, RepositoryError> {
        self.write(
            id,
            move |users| async move { users.restore(id, seen, at).await },
        )
        .await
    }

    async fn has_active_admin(&self) -> Result<bool, RepositoryError> {
        self.users.has_active_admin().await
    }
}
