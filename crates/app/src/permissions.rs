//! Who may do what: the one place where that is decided.
//!
//! [`permit`] says what the kind of actor alone decides, before anything is
//! read; the functions below it decide about one thing that was read.

use std::marker::PhantomData;

use hexpress_domain::auth::{Actor, Principal, TokenKind};
use hexpress_domain::entity::Liveness;
use hexpress_domain::order::{Order, OrderStatus};
use hexpress_domain::post::{Post, PostField, PostPatch};
use hexpress_domain::user::{Role, User, UserField, UserId, UserPatch};

use crate::{Error, InvalidState};

/// What somebody may want to do, as far as it does not depend on which thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// See the own account.
    ReadOwnAccount,
    /// End the token in use.
    LogOut,
    /// List, make and revoke own tokens.
    ManageTokens,
    /// List and search accounts.
    ListUsers,
    /// List deleted accounts.
    ListDeletedUsers,
    /// Change an account.
    ChangeUser,
    /// Delete an account.
    DeleteUser,
    /// Undo the deletion of an account.
    RestoreUser,
    /// Create an account of any role, and look one up by its address.
    OperateUsers,
    /// See how often an author's posts are read.
    ReadStatistics,
    /// Write a post.
    CreatePost,
    /// List deleted posts.
    ListDeletedPosts,
    /// Change a post.
    ChangePost,
    /// Publish a draft.
    PublishPost,
    /// Delete a post.
    DeletePost,
    /// Undo the deletion of a post.
    RestorePost,
    /// List products by whether they are for sale.
    FilterProductsByActivity,
    /// Create, change and delete products.
    ManageProducts,
    /// Place an order.
    PlaceOrder,
    /// List own orders, or all.
    ListOrders,
    /// List the orders of one user.
    FilterOrdersByUser,
    /// See one order.
    ReadOrder,
    /// Call an order off.
    CancelOrder,
    /// Say that an order is paid for.
    PayOrder,
    /// Say that an order is sent.
    FulfilOrder,
}

/// An [`Operation`] as a type: the kind of permission that a [`Permit`] is for.
pub trait Permission: Send + Sync + 'static {
    /// The operation.
    const OPERATION: Operation;
}

macro_rules! permissions {
    ($($operation:ident),+ $(,)?) => {$(
        #[doc = concat!("See [`Operation::", stringify!($operation), "`].")]
        #[derive(Debug, Clone)]
        pub struct $operation;

        impl Permission for $operation {
            const OPERATION: Operation = Operation::$operation;
        }
    )+};
}

/// Each [`Operation`] as a type.
pub mod operations {
    use super::{Operation, Permission};

    permissions!(
        ReadOwnAccount,
        LogOut,
        ManageTokens,
        ListUsers,
        ListDeletedUsers,
        ChangeUser,
        DeleteUser,
        RestoreUser,
        OperateUsers,
        ReadStatistics,
        CreatePost,
        ListDeletedPosts,
        ChangePost,
        PublishPost,
        DeletePost,
        RestorePost,
        FilterProductsByActivity,
        ManageProducts,
        PlaceOrder,
        ListOrders,
        FilterOrdersByUser,
        ReadOrder,
        CancelOrder,
        PayOrder,
        FulfilOrder,
    );
}

/// Proof that the kind of actor alone does not forbid an operation: nothing but
/// [`Permit::of`] makes one, and use cases take it in place of an actor.
#[derive(Debug, Clone)]
pub struct Permit<O> {
    actor: Actor,
    operation: PhantomData<O>,
}

impl<O: Permission> Permit<O> {
    /// Decides what the kind of actor alone decides.
    ///
    /// # Errors
    ///
    /// As [`permit`].
    pub fn of(actor: Actor) -> Result<Self, Error> {
        permit(&actor, O::OPERATION)?;
        Ok(Self {
            actor,
            operation: PhantomData,
        })
    }

    /// Who may.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The account of whoever may.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] for the operator, who has none.
    pub(crate) fn principal(&self) -> Result<&Principal, Error> {
        self.actor.principal().ok_or(Error::Unauthenticated)
    }
}

enum Needed {
    /// An account of one's own, which the operator has not.
    Account,
    /// The same, by a session.
    Session,
    /// Anybody who is known.
    SignedIn,
    Role(&'static [Role]),
    Operator,
}

const STAFF: Needed = Needed::Role(&[Role::Moderator, Role::Admin]);
const ADMIN: Needed = Needed::Role(&[Role::Admin]);

const fn needed(operation: Operation) -> Needed {
    match operation {
        Operation::ReadOwnAccount | Operation::LogOut | Operation::CreatePost => Needed::Account,
        Operation::ManageTokens => Needed::Session,
        Operation::ChangeUser
        | Operation::DeleteUser
        | Operation::ReadStatistics
        | Operation::ChangePost
        | Operation::PublishPost
        | Operation::DeletePost => Needed::SignedIn,
        Operation::ListUsers => STAFF,
        Operation::ListDeletedUsers
        | Operation::RestoreUser
        | Operation::ListDeletedPosts
        | Operation::RestorePost => ADMIN,
        Operation::OperateUsers => Needed::Operator,
        Operation::PlaceOrder => Needed::Account,
        Operation::ListOrders | Operation::ReadOrder | Operation::CancelOrder => Needed::SignedIn,
        Operation::FilterProductsByActivity
        | Operation::ManageProducts
        | Operation::FilterOrdersByUser
        | Operation::PayOrder
        | Operation::FulfilOrder => ADMIN,
    }
}

/// Decides what the kind of actor alone decides.
///
/// # Errors
///
/// [`Error::Unauthenticated`] for an anonymous actor, and for the operator where
/// an account of one's own is needed; [`Error::Forbidden`] for one who may not.
pub fn permit(actor: &Actor, operation: Operation) -> Result<(), Error> {
    let allowed = match (actor, needed(operation)) {
        (Actor::Anonymous, _) | (Actor::Operator, Needed::Account | Needed::Session) => {
            return Err(Error::Unauthenticated);
        }
        (Actor::Operator, Needed::SignedIn | Needed::Role(_) | Needed::Operator) => true,
        (Actor::User(_), Needed::Account | Needed::SignedIn) => true,
        (Actor::User(principal), Needed::Session) => principal.token_kind == TokenKind::Session,
        (Actor::User(principal), Needed::Role(roles)) => roles.contains(&principal.role),
        (Actor::User(_), Needed::Operator) => false,
    };
    if allowed {
        Ok(())
    } else {
        Err(Error::forbidden())
    }
}

/// Which accounts the actor may see at all: deleted ones are for admins.
#[must_use]
pub fn visible_users(actor: &Actor) -> Liveness {
    match actor.role() {
        Some(Role::Admin) => Liveness::Any,
        _ => Liveness::Live,
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
    refuse(
        fields
            .filter(|field| !may_send(*field))
            .map(UserField::as_str),
    )
}

/// Refuses fields that the actor may not send, if there are any.
fn refuse(fields: impl Iterator<Item = &'static str>) -> Result<(), Error> {
    let fields: Vec<_> = fields.collect();
    if fields.is_empty() {
        Ok(())
    } else {
        Err(Error::Forbidden { fields })
    }
}

/// Whether the actor must show the present password to change this account's
/// email or password: whoever changes the own one.
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

/// Decides whether the actor may send these changes to this post.
///
/// # Errors
///
/// [`Error::Forbidden`], with the fields that somebody else might have sent.
pub fn permit_post_patch(actor: &Actor, post: &Post, patch: &PostPatch) -> Result<(), Error> {
    if actor.is(post.author_id) || actor.role() == Some(Role::Admin) {
        return Ok(());
    }
    permit_post_moderation(actor, post)?;
    let fields = patch.fields().into_iter();
    refuse(
        fields
            .filter(|field| *field != PostField::Status)
            .map(PostField::as_str),
    )
}

/// Decides whether the actor may publish or delete this post: its author, moderators
/// and admins.
///
/// # Errors
///
/// [`Error::Forbidden`].
pub fn permit_post_moderation(actor: &Actor, post: &Post) -> Result<(), Error> {
    if actor.is(post.author_id) || matches!(actor.role(), Some(Role::Moderator | Role::Admin)) {
        Ok(())
    } else {
        Err(Error::forbidden())
    }
}

/// Whose orders the actor may see: `None` is everybody's.
///
/// # Errors
///
/// [`Error::Unauthenticated`] for an anonymous actor, who has none.
pub fn visible_orders(actor: &Actor) -> Result<Option<UserId>, Error> {
    match actor {
        Actor::Anonymous => Err(Error::Unauthenticated),
        Actor::Operator => Ok(None),
        Actor::User(principal) if principal.role == Role::Admin => Ok(None),
        Actor::User(principal) => Ok(Some(principal.user_id)),
    }
}

/// Whether the actor may know that the order exists.
#[must_use]
pub fn sees_order(actor: &Actor, order: &Order) -> bool {
    visible_orders(actor).is_ok_and(|whose| whose.is_none_or(|id| id == order.user_id))
}

/// Decides whether the actor may call this order off, as far as the actor's role has a
/// say in it: what is paid for goes back through an admin.
///
/// # Errors
///
/// [`Error::InvalidState`].
pub fn permit_cancellation(actor: &Actor, order: &Order) -> Result<(), Error> {
    if order.status == OrderStatus::Paid && actor.role() != Some(Role::Admin) {
        return Err(Error::InvalidState(InvalidState::OrderPaid));
    }
    Ok(())
}
