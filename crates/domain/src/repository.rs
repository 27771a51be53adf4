//! What a repository may answer beside what was asked for.

use std::error::Error;

use crate::product::Stock;

/// A cause that is logged and never shown to a client.
pub type Source = Box<dyn Error + Send + Sync + 'static>;

/// Why a repository could not do what was asked of it.
///
/// Whatever the variant, a failed call has changed nothing, but for
/// [`RepositoryError::Unavailable`], whose doc comment says more.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// No such row, or it is deleted and the call works on live rows only.
    #[error("not found")]
    NotFound,
    /// The row is there, but at another version than the caller has seen.
    #[error("changed since it was read")]
    Stale,
    /// A value that must be unique among live rows is taken.
    #[error("{} is taken", .field.name())]
    Duplicate {
        /// The field whose value is taken.
        field: UniqueField,
    },
    /// A row that the call refers to does not exist.
    #[error("a referenced row does not exist")]
    MissingReference,
    /// A rule over several rows, or over the state of one, forbids the change.
    #[error("{0}")]
    Conflict(Conflict),
    /// The store is out of reach, or too busy, or took too long.
    ///
    /// When the connection dies while a write commits, the outcome is unknown:
    /// the write may have taken effect.
    #[error("the store is unavailable")]
    Unavailable(#[source] Source),
    /// A fault of ours: a bug, or data that breaks an invariant.
    #[error("internal repository error")]
    Internal(#[source] Source),
}

/// The fields whose values are unique among live rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueField {
    /// The email address of a user.
    UserEmail,
    /// The slug of a post.
    PostSlug,
}

impl UniqueField {
    /// The field's name as the API spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserEmail => "email",
            Self::PostSlug => "slug",
        }
    }
}

/// Rules that an adapter settles in the statement that writes, because only the
/// store can see all the rows that they are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The change would leave no active administrator.
    #[error("the last active admin")]
    LastAdmin,
    /// The user has as many API tokens as one may have.
    #[error("too many API tokens")]
    TokenLimit,
    /// The author of the post is deleted, and the post with them.
    #[error("the author is deleted")]
    AuthorDeleted,
    /// The row is not deleted, so there is nothing to restore.
    #[error("not deleted")]
    NotDeleted,
    /// The user is no longer live, active, or reachable with the password or the
    /// session that was verified.
    #[error("the credentials have changed")]
    CredentialsChanged,
    /// More pieces of a product were to go than there are.
    #[error("only {available} in stock")]
    NegativeStock {
        /// How many there are.
        available: Stock,
    },
    /// Pieces that come would lift the stock above what may be set.
    #[error("more stock than may be set")]
    StockLimit,
}
