use std::fmt;
use std::time::Duration;

use hexpress_domain::auth::HasherError;
use hexpress_domain::order::OrderTransitionError;
use hexpress_domain::post::{PostStatus, TransitionError};
use hexpress_domain::product::Stock;
use hexpress_domain::repository::{RepositoryError, Source, UniqueField};
use hexpress_domain::validation::ValidationErrors;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields that break a rule.
    #[error(transparent)]
    Validation(#[from] ValidationErrors),
    /// Only a signed-in user may ask this, and nobody is.
    #[error("authentication required")]
    Unauthenticated,
    /// The token that was shown is malformed, unknown, expired or revoked.
    #[error("invalid token")]
    InvalidToken,
    /// A wrong email or password, or a user who may not log in: the client never learns
    /// which.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// The actor may see the thing, but not do this to it.
    #[error("forbidden")]
    Forbidden {
        /// The fields that the actor may not send, if the refusal is about such.
        fields: Vec<&'static str>,
    },
    /// No such thing that the actor may see.
    #[error("{0} not found")]
    NotFound(Resource),
    /// A unique value is taken.
    #[error("{} is taken", .0.name)]
    Duplicate(UniqueField),
    /// Fields that name things which do not exist, or not for this purpose.
    #[error("a referenced resource does not exist")]
    MissingReference {
        /// The fields, as the API spells them.
        fields: Vec<String>,
    },
    /// The thing is not in a state that allows this.
    #[error("{0}")]
    InvalidState(InvalidState),
    /// More is asked for than there is.
    #[error("not enough in stock")]
    InsufficientStock(Vec<StockShortage>),
    /// The idempotency key was used for another command.
    #[error("the idempotency key was used for another command")]
    IdempotencyKeyReused,
    /// The thing is at another version than the client demanded.
    #[error("precondition failed")]
    PreconditionFailed,
    /// The thing is at the version that the client demanded, by a tag that was made weak on
    /// its way: it proves nothing.
    #[error("precondition failed: a weak tag")]
    WeakPrecondition,
    /// Too many failed attempts.
    #[error("rate limited")]
    RateLimited {
        /// How long to wait before the next.
        retry_after: Duration,
    },
    /// Something that is needed is out of reach or has too much to do. A write
    /// may have taken effect all the same.
    #[error("unavailable")]
    Unavailable(#[source] Source),
    /// A fault of ours.
    #[error("internal error")]
    Internal(#[source] Source),
}

/// A field that asks for more than there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockShortage {
    /// The field, as the API spells it.
    pub field: String,
    /// How many pieces there are.
    pub available: Stock,
}

/// The kinds of things that can be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource {
    /// A user.
    User,
    /// A token.
    Token,
    /// A post.
    Post,
    /// A product.
    Product,
    /// An order.
    Order,
}

/// The thing's name, as clients read it.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Why the state of a thing forbids what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidState {
    /// It would leave nobody to administer the service.
    #[error("The last active admin can be neither deleted, deactivated nor demoted")]
    LastAdmin,
    /// The user has as many API tokens as one may have.
    #[error(
        "No more than {} API tokens are possible; revoke one first",
        crate::auth::MAX_API_TOKENS
    )]
    TokenLimit,
    /// The thing is deleted.
    #[error("{0} is deleted; restore it first")]
    Deleted(Resource),
    /// There is nothing to restore.
    #[error("{0} is not deleted")]
    NotDeleted(Resource),
    /// A post cannot come back before its author does.
    #[error("The author of the post is deleted; restore the author first")]
    AuthorDeleted,
    /// Only drafts are published; other posts change their status.
    #[error("Only a draft can be published, and this post is {0}")]
    NoDraft(PostStatus),
    /// The post cannot get that status from the one that it has.
    #[error(transparent)]
    Transition(#[from] TransitionError),
    /// The order cannot get that status from the one that it has.
    #[error("{0}")]
    OrderTransition(OrderTransitionError),
    /// Only an admin may cancel an order that is paid for.
    #[error("A paid order can be cancelled by an admin only")]
    OrderPaid,
}

impl Error {
    /// A refusal that is not about single fields.
    pub(crate) const fn forbidden() -> Self {
        Self::Forbidden { fields: Vec::new() }
    }

    /// What a repository answers to a use case that was about this kind of thing.
    pub(crate) fn about(resource: Resource) -> impl Fn(RepositoryError) -> Self {
        move |error| match error {
            RepositoryError::NotFound => Self::NotFound(resource),
            error => error.into(),
        }
    }
}

/// What a repository answers where the use case adds nothing to its meaning. The refusal
/// of a decision is the use case's own error.
///
/// `NotFound`, `Conflict` and `MissingReference` are for the use case to translate, which
/// knows what they are about. Where it did not, they are a fault of ours.
impl From<RepositoryError> for Error {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Refused(refusal) => refusal
                .downcast()
                .map_or_else(Self::Internal, |error: Box<Self>| *error),
            RepositoryError::Duplicate(field) => Self::Duplicate(field),
            RepositoryError::Unavailable(source) => Self::Unavailable(source),
            RepositoryError::Internal(source) => Self::Internal(source),
            RepositoryError::NotFound
            | RepositoryError::MissingReference
            | RepositoryError::Conflict(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl From<HasherError> for Error {
    fn from(error: HasherError) -> Self {
        match error {
            HasherError::Overloaded => Self::Unavailable(Box::new(error)),
            HasherError::Internal(source) => Self::Internal(source),
        }
    }
}
