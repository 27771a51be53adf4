//! Whether the store can be worked with.

use async_trait::async_trait;

/// What a store needs before anything can be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreState {
    /// Nothing.
    Ready,
    /// Migrations that this version of the program brings have not been run.
    MigrationsPending,
    /// It does not answer.
    Unreachable,
}

/// Looks at the store.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait StoreProbe: Send + Sync {
    /// The store's state now, or as it was at most a second ago, so that any
    /// number of askers cost next to nothing.
    async fn state(&self) -> StoreState;
}
