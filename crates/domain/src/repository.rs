//! What all repositories share: their errors, and decisions about changes.

use std::error::Error;
use std::sync::Arc;

/// A cause that is logged and never shown to a client.
pub type Source = Box<dyn Error + Send + Sync + 'static>;

/// Why a decision turns a change down.
pub type Refusal = Box<dyn Error + Send + Sync + 'static>;

/// Decides what is to become of a row, from the row as it stands.
///
/// The repository holds the row's lock from before the decision until what it says is
/// stored, so nothing that the decision is based on can change in between. `Ok(None)`
/// changes nothing: neither the version nor any other column. `Err` changes nothing
/// either, and the caller gets it back in [`RepositoryError::Refused`].
///
/// A decision reads what it is given, and at most the clock. It has no effects and waits
/// for nothing: a repository calls it again after a lost connection or a deadlock, and
/// others wait for the lock meanwhile.
pub type Decide<T, C = T> = Arc<dyn Fn(&T) -> Result<Option<C>, Refusal> + Send + Sync>;

/// Why a repository could not do what was asked of it.
///
/// Whatever the variant, a failed call has changed nothing, but for
/// [`RepositoryError::Unavailable`], whose doc comment says more.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// No such row, or it is deleted and the call works on live rows only.
    #[error("not found")]
    NotFound,
    /// The decision turned the change down.
    #[error("refused")]
    Refused(#[source] Refusal),
    /// A value that must be unique among live rows is taken.
    #[error("{} is taken", .0.name)]
    Duplicate(UniqueField),
    /// A row that the call refers to does not exist.
    #[error("a referenced row does not exist")]
    MissingReference,
    /// A rule about other rows than the changed one forbids the change.
    #[error("{}", .0.0)]
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

/// A field whose values are unique among live rows. Each aggregate names its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UniqueField {
    /// The field's name as the API spells it.
    pub name: &'static str,
    /// What a client reads where its value is taken.
    pub taken: &'static str,
}

/// A rule that only the store can settle, since it is about other rows. Each aggregate
/// names its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict(pub &'static str);
