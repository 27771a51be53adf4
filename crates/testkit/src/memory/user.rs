use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::auth::Revocation;
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::Page;
use hexpress_domain::repository::{Conflict, RepositoryError, UniqueField};
use hexpress_domain::user::{
    Email, PasswordHash, User, UserChange, UserId, UserQuery, UserRecord, UserRepository,
};

use super::list::{self, next};
use super::{MemoryStore, State, UserRow, is_among};

impl State {
    fn live_user(&self, id: UserId) -> Option<&UserRow> {
        self.users.get(&id).filter(|row| row.user.is_live())
    }

    /// The live user, if at the version that the caller saw.
    fn user_at(&self, id: UserId, seen: Version) -> Result<&UserRow, RepositoryError> {
        let row = self.live_user(id).ok_or(RepositoryError::NotFound)?;
        match row.user.version == seen {
            true => Ok(row),
            false => Err(RepositoryError::Stale),
        }
    }

    fn refuse_taken_email(&self, email: &Email, holder: UserId) -> Result<(), RepositoryError> {
        let mut others = self.users.values().map(|row| &row.user);
        if others.any(|user| user.is_live() && user.id != holder && user.email == *email) {
            let field = UniqueField::UserEmail;
            return Err(RepositoryError::Duplicate { field });
        }
        Ok(())
    }

    fn refuse_without_admin(&self, leaving: UserId) -> Result<(), RepositoryError> {
        let mut others = self.users.values().map(|row| &row.user);
        if others.any(|user| user.id != leaving && user.is_active_admin()) {
            return Ok(());
        }
        Err(RepositoryError::Conflict(Conflict::LastAdmin))
    }

    fn revoke(&mut self, user_id: UserId, revocation: Revocation) {
        self.tokens.retain(|id, row| {
            row.token.user_id != user_id
                || match revocation {
                    Revocation::None => true,
                    Revocation::All => false,
                    Revocation::AllBut(kept) => *id == kept,
                }
        });
    }

    fn change_user(&mut self, change: UserChange) -> Result<User, RepositoryError> {
        let UserRow { user, hash } = self.user_at(change.id, change.seen)?.clone();
        self.refuse_taken_email(&change.email, change.id)?;
        if change.removes_admin {
            self.refuse_without_admin(change.id)?;
        }
        let user = User {
            email: change.email,
            name: change.name,
            role: change.role,
            is_active: change.is_active,
            version: next(user.version),
            updated_at: change.at,
            ..user
        };
        let row = UserRow {
            user: user.clone(),
            hash: change.password_hash.unwrap_or(hash),
        };
        self.users.insert(user.id, row);
        self.revoke(user.id, change.revocation);
        Ok(user)
    }

    fn delete_user(
        &mut self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        if self.user_at(id, seen)?.user.is_active_admin() {
            self.refuse_without_admin(id)?;
        }
        if let Some(UserRow { user, .. }) = self.users.get_mut(&id) {
            user.deleted_at = Some(at);
            user.updated_at = at;
            user.version = next(user.version);
        }
        self.revoke(id, Revocation::All);
        self.delete_posts_of(id, at);
        Ok(())
    }

    fn restore_user(
        &mut self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<User, RepositoryError> {
        let row = self.users.get(&id).ok_or(RepositoryError::NotFound)?;
        if row.user.is_live() {
            return Err(RepositoryError::Conflict(Conflict::NotDeleted));
        }
        if row.user.version != seen {
            return Err(RepositoryError::Stale);
        }
        self.refuse_taken_email(&row.user.email, id)?;
        let row = self.users.get_mut(&id).ok_or(RepositoryError::NotFound)?;
        row.user.deleted_at = None;
        row.user.updated_at = at;
        row.user.version = next(seen);
        let user = row.user.clone();
        self.restore_posts_of(id, at);
        Ok(user)
    }
}

#[async_trait]
impl UserRepository for MemoryStore {
    async fn insert(&self, user: UserRecord) -> Result<User, RepositoryError> {
        let mut state = self.state();
        state.refuse_taken_email(&user.email, user.id)?;
        let hash = user.password_hash;
        let user = User {
            id: user.id,
            email: user.email,
            name: user.name,
            role: user.role,
            is_active: true,
            last_login_at: None,
            version: Version::FIRST,
            created_at: user.at,
            updated_at: user.at,
            deleted_at: None,
        };
        let row = UserRow {
            user: user.clone(),
            hash,
        };
        state.users.insert(user.id, row);
        Ok(user)
    }

    async fn find(&self, id: UserId, liveness: Liveness) -> Result<Option<User>, RepositoryError> {
        let user = self.state().users.get(&id).map(|row| row.user.clone());
        Ok(user.filter(|user| is_among(liveness, user.is_live())))
    }

    async fn find_by_email(
        &self,
        email: Email,
    ) -> Result<Option<(User, PasswordHash)>, RepositoryError> {
        let state = self.state();
        let mut rows = state.users.values();
        let found = rows.find(|row| row.user.is_live() && row.user.email == email);
        Ok(found.map(|row| (row.user.clone(), row.hash.clone())))
    }

    async fn password_hash(
        &self,
        id: UserId,
        seen: Version,
    ) -> Result<Option<PasswordHash>, RepositoryError> {
        let state = self.state();
        Ok(state.user_at(id, seen).ok().map(|row| row.hash.clone()))
    }

    async fn list(&self, query: UserQuery) -> Result<Page<User>, RepositoryError> {
        let is_listed = |user: &&User| {
            let (name, email) = (&user.name, user.email.as_str());
            let fields = [email, name.first.as_str(), name.last.as_str()];
            is_among(query.filter.liveness, user.is_live())
                && query.filter.role.is_none_or(|role| user.role == role)
                && query
                    .filter
                    .is_active
                    .is_none_or(|active| user.is_active == active)
                && list::matches(query.filter.search.as_ref(), fields)
        };
        let state = self.state();
        let users = state.users.values().map(|row| &row.user);
        Ok(list::page(
            users.filter(is_listed).cloned().collect(),
            |user| query.sort.cursor(user),
            query.direction,
            &query.page,
            query.filter.search.is_some(),
        ))
    }

    async fn change(&self, change: UserChange) -> Result<User, RepositoryError> {
        self.state().change_user(change)
    }

    async fn delete(
        &self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        self.state().delete_user(id, seen, at)
    }

    async fn restore(
        &self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<User, RepositoryError> {
        self.state().restore_user(id, seen, at)
    }

    async fn has_active_admin(&self) -> Result<bool, RepositoryError> {
        let state = self.state();
        let mut users = state.users.values().map(|row| &row.user);
        Ok(users.any(User::is_active_admin))
    }
}
