use hexpress_domain::repository::{Conflict, RepositoryError};

use crate::Error;

/// How often a use case decides anew when what it saw has changed under it.
const MAX_DECISIONS: u32 = 10;

/// Why one decision came to nothing.
pub(crate) enum Undecided {
    /// What it was based on has changed.
    Stale,
    /// There is no use in another.
    Failed(Error),
}

impl From<Error> for Undecided {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A row that is gone when it is written is read again like one that has
/// changed: the next decision finds the words for it.
impl From<RepositoryError> for Undecided {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Stale
            | RepositoryError::NotFound
            | RepositoryError::Conflict(Conflict::NotDeleted | Conflict::CredentialsChanged) => {
                Self::Stale
            }
            error => Self::Failed(error.into()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("changed by others {MAX_DECISIONS} times in a row")]
struct Contended;

/// Lets a use case read, decide and write, anew whenever others were faster. When
/// they were faster every time, the answer is [`Error::Unavailable`].
pub(crate) async fn until_settled<T, F>(mut decide: impl FnMut() -> F) -> Result<T, Error>
where
    // Async closures would not do: with them the compiler cannot see that the
    // use cases' futures are `Send`.
    F: Future<Output = Result<T, Undecided>>,
{
    for _ in 0..MAX_DECISIONS {
        match decide().await {
            Ok(value) => return Ok(value),
            Err(Undecided::Failed(error)) => return Err(error),
            Err(Undecided::Stale) => {}
        }
    }
    Err(Error::Unavailable(Box::new(Contended)))
}
