//! Accounts: sign-up, reading, listing, changing, deleting and restoring, and the
//! statistics of the posts that users write.

mod statistics;
mod update;
mod view;

use std::sync::Arc;

use hexpress_domain::auth::{Actor, LoginGuard, PasswordHasher};
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::entity::Liveness;
use hexpress_domain::id::Id;
use hexpress_domain::list::Page;
use hexpress_domain::post::PostRepository;
use hexpress_domain::user::{
    Email, LockedUser, NewUser, Role, User, UserChange, UserId, UserQuery, UserRecord,
    UserRepository,
};

pub use view::{Profile, PublicUser, UserView};

use crate::decision::decision;
use crate::permissions::operations::{
    DeleteUser, ListUsers, OperateUsers, ReadOwnAccount, RestoreUser,
};
use crate::permissions::{self, Permit};
use crate::{Error, InvalidState, Preconditions, Resource};

/// What the use cases of accounts need.
pub struct UserPorts {
    /// Keeps accounts.
    pub users: Arc<dyn UserRepository>,
    /// Keeps what they write.
    pub posts: Arc<dyn PostRepository>,
    /// Hashes and compares passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Counts guesses at passwords.
    pub guard: Arc<dyn LoginGuard>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn IdGenerator>,
}

/// The use cases of accounts.
pub struct UserService {
    ports: UserPorts,
}

impl UserService {
    /// Puts the use cases on their ports.
    #[must_use]
    pub const fn new(ports: UserPorts) -> Self {
        Self { ports }
    }

    /// Signs somebody up, as an active user of the role `user`.
    ///
    /// # Errors
    ///
    /// [`Error::Duplicate`] where the email is taken.
    pub async fn sign_up(&self, command: NewUser) -> Result<User, Error> {
        self.store(command, Role::User).await
    }

    /// Creates an account of any role, for the operator.
    ///
    /// # Errors
    ///
    /// [`Error::Duplicate`] where the email is taken.
    pub async fn create(
        &self,
        _: &Permit<OperateUsers>,
        command: NewUser,
        role: Role,
    ) -> Result<User, Error> {
        self.store(command, role).await
    }

    async fn store(&self, command: NewUser, role: Role) -> Result<User, Error> {
        let password_hash = self.ports.hasher.hash(command.password).await?;
        let record = UserRecord {
            id: Id::generate(&*self.ports.ids),
            email: command.email,
            password_hash,
            name: command.name,
            role,
            at: self.ports.clock.now(),
        };
        Ok(self.ports.users.insert(record).await?)
    }

    /// One account, as far as the actor may see it, with its latest published posts.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is none that the actor may see.
    pub async fn read(&self, actor: &Actor, id: UserId) -> Result<Profile, Error> {
        let user = self.visible(actor, id).await?;
        let posts = self.ports.posts.latest_published(id, Profile::POSTS);
        Ok(Profile {
            posts: posts.await?,
            user: UserView::of(user, actor),
        })
    }

    /// The caller's own account.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] where the caller has none.
    pub async fn read_own(&self, who: &Permit<ReadOwnAccount>) -> Result<User, Error> {
        let principal = who.principal()?;
        let user = self.ports.users.find(principal.user_id, Liveness::Live);
        user.await?.ok_or(Error::InvalidToken)
    }

    /// The live account of an email address, for the operator.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where nobody has the address.
    pub async fn find_by_email(
        &self,
        _: &Permit<OperateUsers>,
        email: Email,
    ) -> Result<User, Error> {
        let found = self.ports.users.find_by_email(email).await?;
        let (user, _) = found.ok_or(Error::NotFound(Resource::User))?;
        Ok(user)
    }

    /// A page of accounts, for moderators and admins.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`] for others, and for moderators who ask for deleted
    /// accounts; [`Error::Validation`] for a cursor of another order.
    pub async fn list(
        &self,
        who: &Permit<ListUsers>,
        query: UserQuery,
    ) -> Result<Page<User>, Error> {
        let actor = who.actor();
        permissions::permit_filter(actor, &query.filter)?;
        query.check_cursor()?;
        Ok(self.ports.users.list(query).await?)
    }

    /// Deletes an account and ends its tokens.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::PreconditionFailed`],
    /// and [`Error::InvalidState`] for the last active admin and for an account
    /// that is deleted already.
    pub async fn delete(
        &self,
        who: &Permit<DeleteUser>,
        id: UserId,
        preconditions: Option<&Preconditions>,
    ) -> Result<(), Error> {
        let permit =
            |actor: &_, locked: &LockedUser| permissions::permit_user_deletion(actor, &locked.user);
        let decide = |locked: &LockedUser, at| {
            require_live(&locked.user)?;
            Ok(Some(require_admin_left(locked, locked.user.deletion(at))?))
        };
        let decide = decision(
            who.actor(),
            preconditions,
            &self.ports.clock,
            permit,
            decide,
        );
        let deleted = self.ports.users.change(id, decide).await;
        deleted.map(drop).map_err(Error::about(Resource::User))
    }

    /// Undoes the deletion of an account. Its tokens stay ended.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::PreconditionFailed`],
    /// [`Error::InvalidState`] for an account that is not deleted, and
    /// [`Error::Duplicate`] where its email is taken by now.
    pub async fn restore(
        &self,
        who: &Permit<RestoreUser>,
        id: UserId,
        preconditions: Option<&Preconditions>,
    ) -> Result<User, Error> {
        let decide = |LockedUser { user, .. }: &LockedUser, at| {
            if user.is_live() {
                let state = InvalidState::NotDeleted(Resource::User);
                return Err(Error::InvalidState(state));
            }
            Ok(Some(user.restoration(at)))
        };
        let decide = decision(
            who.actor(),
            preconditions,
            &self.ports.clock,
            |_, _| Ok(()),
            decide,
        );
        let restored = self.ports.users.change(id, decide).await;
        restored.map_err(Error::about(Resource::User))
    }

    /// Whether anybody can administer the service.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn has_admin(&self) -> Result<bool, Error> {
        Ok(self.ports.users.has_active_admin().await?)
    }

    async fn visible(&self, actor: &Actor, id: UserId) -> Result<User, Error> {
        let liveness = permissions::visible_users(actor);
        let found = self.ports.users.find(id, liveness).await?;
        found.ok_or(Error::NotFound(Resource::User))
    }
}

/// Refuses a change that leaves no active admin.
fn require_admin_left(locked: &LockedUser, change: UserChange) -> Result<UserChange, Error> {
    match locked.removes_last_admin(&change) {
        true => Err(Error::InvalidState(InvalidState::LastAdmin)),
        false => Ok(change),
    }
}

fn require_live(user: &User) -> Result<(), Error> {
    if user.is_live() {
        Ok(())
    } else {
        Err(Error::InvalidState(InvalidState::Deleted(Resource::User)))
    }
}
