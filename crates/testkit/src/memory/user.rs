use async_trait::async_trait;
use hexpress_domain::auth::Revocation;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::Page;
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::{
    Email, LockedUser, PasswordHash, User, UserChange, UserId, UserQuery, UserRecord,
    UserRepository,
};

use super::{MemoryStore, State, UserRow, is_among, list};

impl State {
    fn live_user(&self, id: UserId) -> Option<&UserRow> {
        self.users.get(&id).filter(|row| row.user.is_live())
    }

    fn refuse_taken_email(&self, email: &Email, holder: UserId) -> Result<(), RepositoryError> {
        let mut others = self.users.values().map(|row| &row.user);
        if others.any(|user| user.is_live() && user.id != holder && user.email == *email) {
            return Err(RepositoryError::Duplicate(User::UNIQUE_EMAIL));
        }
        Ok(())
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

    fn is_last_admin(&self, user: &User) -> bool {
        let mut others = self.users.values().map(|row| &row.user);
        user.is_active_admin()
            && !others.any(|other| other.id != user.id && other.is_active_admin())
    }

    fn change_user(
        &mut self,
        id: UserId,
        decide: &Decide<LockedUser, UserChange>,
    ) -> Result<User, RepositoryError> {
        let UserRow { user, hash } = self.users.get(&id).ok_or(RepositoryError::NotFound)?;
        let locked = LockedUser {
            user: user.clone(),
            password_hash: hash.clone(),
            is_last_admin: self.is_last_admin(user),
        };
        let Some(change) = decide(&locked).map_err(RepositoryError::Refused)? else {
            return Ok(locked.user);
        };
        let user = change.user;
        if user.is_live() {
            self.refuse_taken_email(&user.email, id)?;
        }
        let row = UserRow {
            user: user.clone(),
            hash: change.password_hash.unwrap_or(locked.password_hash),
        };
        self.users.insert(id, row);
        self.revoke(id, change.revocation);
        match (locked.user.is_live(), user.is_live()) {
            (true, false) => self.delete_posts_of(id, user.updated_at),
            (false, true) => self.restore_posts_of(id, user.updated_at)?,
            _ => {}
        }
        Ok(user)
    }
}

#[async_trait]
impl UserRepository for MemoryStore {
    async fn insert(&self, user: UserRecord) -> Result<User, RepositoryError> {
        let mut state = self.state();
        state.refuse_taken_email(&user.email, user.id)?;
        let hash = user.password_hash.clone();
        let user = User::from(user);
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

    async fn password_hash(&self, id: UserId) -> Result<Option<PasswordHash>, RepositoryError> {
        Ok(self.state().live_user(id).map(|row| row.hash.clone()))
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

    async fn change(
        &self,
        id: UserId,
        decide: Decide<LockedUser, UserChange>,
    ) -> Result<User, RepositoryError> {
        self.state().change_user(id, &decide)
    }

    async fn has_active_admin(&self) -> Result<bool, RepositoryError> {
        let state = self.state();
        let mut users = state.users.values().map(|row| &row.user);
        Ok(users.any(User::is_active_admin))
    }
}
