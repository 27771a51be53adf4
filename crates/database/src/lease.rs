use std::error::Error as StdError;
use std::time::Duration;

use hexpress_domain::repository::RepositoryError;
use tokio::sync::OwnedSemaphorePermit;

use crate::connection::Connection;
use crate::error::MeaningOf;

/// What a connection is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// Finding a few rows by their keys.
    LookUp,
    /// Statements that write nothing.
    Read,
    /// Statements that write nothing and may take long, but each no longer than this.
    Search(Duration),
    /// A transaction.
    Write,
    /// A transaction whose first statement only reads.
    Change,
    /// A transaction that nobody waits for, and that may take long.
    Maintain,
}

/// A connection that is in use. Dropped, it goes back to its pool.
pub(crate) struct Lease {
    pub(crate) connection: Connection,
    /// Whether a transaction may still be open on it.
    pub(crate) is_tainted: bool,
    /// How long a piece of work may take, by this side's clock: a server that is gone
    /// without a word keeps none of its own limits.
    pub(crate) limit: Option<Duration>,
    /// What the constraints mean that work on it breaks.
    pub(crate) meaning_of: MeaningOf,
    /// Whether the database lives in this connection and dies with it.
    pub(crate) is_irreplaceable: bool,
    /// The right to write, where there is one writer at a time, or the right to search.
    pub(crate) _turn: Option<OwnedSemaphorePermit>,
}

/// No connection came free in time.
#[derive(Debug, thiserror::Error)]
#[error("no database connection within {} ms", .0.as_millis())]
pub(crate) struct AcquireTimeout(Duration);

/// So many wait that whoever comes next would wait in vain.
#[derive(Debug, thiserror::Error)]
#[error("too much waits for the database already")]
pub(crate) struct Overloaded;

impl Lease {
    /// Closes the connection instead of giving it back.
    pub(crate) fn discard(self) {
        if !self.is_irreplaceable {
            self.connection.discard();
        }
    }
}

/// The error of a caller who has waited so long in vain.
pub(crate) fn timed_out(patience: Duration) -> RepositoryError {
    RepositoryError::Unavailable(AcquireTimeout(patience).into())
}

/// The error of a caller for whom there is no connection.
pub(crate) fn unavailable(error: impl StdError + Send + Sync + 'static) -> RepositoryError {
    RepositoryError::Unavailable(error.into())
}
