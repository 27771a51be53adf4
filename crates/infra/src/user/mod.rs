//! Users in the database.

mod list;
mod read;
mod rows;
#[cfg(test)]
mod slow_plans;
mod write;

use async_trait::async_trait;
use hexpress_database::Database;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::Page;
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::{
    Email, LockedUser, PasswordHash, User, UserChange, UserId, UserQuery, UserRecord,
    UserRepository,
};

pub(crate) use rows::{UserRow, search_text};

/// [`UserRepository`] in the database.
#[derive(Clone)]
pub struct DieselUserRepository {
    database: Database,
}

impl DieselUserRepository {
    /// Users of this database, whose migrations have been run.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The settings that the stored hashes were made with, such as
    /// `$argon2id$v=19$m=19456,t=2,p=1`, each once and sixteen at most. Reads every user.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] where they cannot be read.
    pub async fn hash_settings(&self) -> Result<Vec<String>, RepositoryError> {
        self.database
            .read((), |connection, ()| {
                Box::pin(read::hash_settings(connection))
            })
            .await
    }
}

#[async_trait]
impl UserRepository for DieselUserRepository {
    async fn insert(&self, user: UserRecord) -> Result<User, RepositoryError> {
        self.database
            .write(user, |connection, user| {
                Box::pin(write::insert(connection, user))
            })
            .await
    }

    async fn find(&self, id: UserId, liveness: Liveness) -> Result<Option<User>, RepositoryError> {
        self.database
            .look_up((id, liveness), |connection, &(id, liveness)| {
                Box::pin(read::find(connection, id, liveness))
            })
            .await
    }

    async fn find_by_email(
        &self,
        email: Email,
    ) -> Result<Option<(User, PasswordHash)>, RepositoryError> {
        self.database
            .look_up(email, |connection, email| {
                Box::pin(read::find_by_email(connection, email))
            })
            .await
    }

    async fn password_hash(&self, id: UserId) -> Result<Option<PasswordHash>, RepositoryError> {
        self.database
            .look_up(id, |connection, &id| {
                Box::pin(read::password_hash(connection, id))
            })
            .await
    }

    async fn list(&self, query: UserQuery) -> Result<Page<User>, RepositoryError> {
        let is_search = query.filter.search.is_some();
        crate::list::read(&self.database, is_search, query, |connection, query| {
            Box::pin(list::page(connection, query))
        })
        .await
    }

    async fn change(
        &self,
        id: UserId,
        decide: Decide<LockedUser, UserChange>,
    ) -> Result<User, RepositoryError> {
        self.database
            .change((id, decide), |connection, (id, decide)| {
                Box::pin(write::change(connection, *id, decide))
            })
            .await
    }

    async fn has_active_admin(&self) -> Result<bool, RepositoryError> {
        self.database
            .look_up((), |connection, ()| {
                Box::pin(read::has_active_admin(connection))
            })
            .await
    }
}
