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
            | RepositoryError::Conflict(Conflict::CredentialsChanged) => Self::Stale,
            error => Self::Failed(error.into()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("changed by others {MAX_DECISIONS} times in a row")]
struct Contended;

/// Counts how often a use case read, decided and wrote while others were faster.
#[derive(Default)]
pub(crate) struct Decisions(u32);

impl Decisions {
    /// The use case's answer; `None` where it has to decide anew. When others
    /// were faster every time, the answer is [`Error::Unavailable`].
    pub(crate) fn settle<T>(&mut self, decision: Result<T, Undecided>) -> Option<Result<T, Error>> {
        self.0 += 1;
        match decision {
            Ok(value) => Some(Ok(value)),
            Err(Undecided::Failed(error)) => Some(Err(error)),
            Err(Undecided::Stale) if self.0 < MAX_DECISIONS => None,
            Err(Undecided::Stale) => Some(Err(Error::Unavailable(Box::new(Contended)))),
        }
    }
}
