use std::marker::PhantomData;

use hexpress_domain::auth::{Actor, Principal, TokenKind};
use hexpress_domain::user::Role;

use crate::Error;

/// What an actor wants to do, apart from the thing that it is done to.
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
    /// Cancel an order.
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

/// Proof that the kind of actor alone does not forbid an operation. Use cases take it in
/// place of an actor. Only [`Permit::of`] makes one:
///
/// ```
/// use hexpress_app::permissions::{Permit, operations::ManageProducts};
/// use hexpress_domain::auth::Actor;
///
/// assert!(Permit::<ManageProducts>::of(Actor::Operator).is_ok());
/// assert!(Permit::<ManageProducts>::of(Actor::Anonymous).is_err());
/// ```
///
/// Code outside the permission module cannot forge one, because the fields are private:
///
/// ```compile_fail,E0451
/// use std::marker::PhantomData;
///
/// use hexpress_app::permissions::{Permit, operations::ManageProducts};
/// use hexpress_domain::auth::Actor;
///
/// let forged = Permit::<ManageProducts> {
///     actor: Actor::Anonymous,
///     operation: PhantomData,
/// };
/// ```
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

    /// The actor.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The account of the actor.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] for the operator, who has none.
    pub(crate) fn principal(&self) -> Result<&Principal, Error> {
        self.actor.principal().ok_or(Error::Unauthenticated)
    }
}

enum Needed {
    /// An account, which the operator does not have.
    Account,
    /// An account, and a session rather than an API token.
    Session,
    /// Anybody but anonymous actors.
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
