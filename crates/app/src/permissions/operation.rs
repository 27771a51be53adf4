use std::marker::PhantomData;

use hexpress_domain::auth::{Actor, Principal, TokenKind};
use hexpress_domain::user::Role;

use crate::Error;

/// An [`Operation`] as a type: the kind of permission that a [`Permit`] is for.
pub trait Permission: Send + Sync + 'static {
    /// The operation.
    const OPERATION: Operation;
}

/// Declares each operation once: what it is, and which kind of actor it needs.
macro_rules! operations {
    ($($(#[doc = $doc:literal])+ $operation:ident => $needed:expr;)+) => {
        /// What an actor wants to do, apart from the thing that it is done to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Operation {
            $($(#[doc = $doc])+ $operation,)+
        }

        const fn needed(operation: Operation) -> Needed {
            match operation {
                $(Operation::$operation => $needed,)+
            }
        }

        /// Each [`Operation`] as a type.
        pub mod operations {
            use super::{Operation, Permission};

            $(
                $(#[doc = $doc])+
                #[derive(Debug, Clone)]
                pub struct $operation;

                impl Permission for $operation {
                    const OPERATION: Operation = Operation::$operation;
                }
            )+
        }
    };
}

operations! {
    /// See the own account.
    ReadOwnAccount => Needed::Account;
    /// End the token in use.
    LogOut => Needed::Account;
    /// List, make and revoke own tokens.
    ManageTokens => Needed::Session;
    /// List and search accounts.
    ListUsers => STAFF;
    /// List deleted accounts.
    ListDeletedUsers => ADMIN;
    /// Change an account.
    ChangeUser => Needed::SignedIn;
    /// Delete an account.
    DeleteUser => Needed::SignedIn;
    /// Undo the deletion of an account.
    RestoreUser => ADMIN;
    /// Create an account of any role, and look one up by its address.
    OperateUsers => Needed::Operator;
    /// See how often an author's posts are read.
    ReadStatistics => Needed::SignedIn;
    /// Write a post.
    CreatePost => Needed::Account;
    /// List deleted posts.
    ListDeletedPosts => ADMIN;
    /// Change a post.
    ChangePost => Needed::SignedIn;
    /// Publish a draft.
    PublishPost => Needed::SignedIn;
    /// Delete a post.
    DeletePost => Needed::SignedIn;
    /// Undo the deletion of a post.
    RestorePost => ADMIN;
    /// List products by whether they are for sale.
    FilterProductsByActivity => ADMIN;
    /// Create, change and delete products.
    ManageProducts => ADMIN;
    /// Place an order.
    PlaceOrder => Needed::Account;
    /// List own orders, or all.
    ListOrders => Needed::SignedIn;
    /// List the orders of one user.
    FilterOrdersByUser => ADMIN;
    /// See one order.
    ReadOrder => Needed::SignedIn;
    /// Cancel an order.
    CancelOrder => Needed::SignedIn;
    /// Say that an order is paid for.
    PayOrder => ADMIN;
    /// Say that an order is sent.
    FulfilOrder => ADMIN;
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
