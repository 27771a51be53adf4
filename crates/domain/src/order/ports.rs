use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Order, OrderQuery, OrderRecord, Placement};
use crate::list::Page;
use crate::order::OrderId;
use crate::repository::{Decide, RepositoryError};

/// Keeps orders, moves stock with them, and remembers which were placed by which
/// idempotency key.
///
/// Each method is one transaction, unless it says otherwise: it happens whole or
/// not at all, whatever becomes of the caller. When the future that asked for a write is
/// dropped, a write that was begun is finished; one that waits for its turn is not begun.
/// Besides what its own comment names, every method may answer [`RepositoryError::Unavailable`] and
/// [`RepositoryError::Internal`].
///
/// Whatever moves stock leaves a movement in the ledger, in the same transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OrderRepository: Send + Sync {
    /// Places an order: takes its pieces out of stock, at the prices of that moment,
    /// and stores it, its movements, and the key that it came with. All of it happens
    /// or nothing does; only an order that is placed is remembered by its key.
    ///
    /// However many calls race, and in whatever order their lines name the products, no
    /// stock falls below 0, every call is answered as if they had come one by one, and
    /// there is no deadlock.
    ///
    /// A call whose key the same user has used for the same command, no longer ago
    /// than the key is known, is answered with the order of then; one whose key was
    /// used for another command with [`Placement::KeyReused`]. Of racing calls with
    /// one key the others wait for the first.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::MissingReference`] where no user, deleted or not, has the id.
    async fn place(&self, order: OrderRecord) -> Result<Placement, RepositoryError>;

    /// The order of this id.
    async fn find(&self, id: OrderId) -> Result<Option<Order>, RepositoryError>;

    /// A page of orders, its next cursor, and the total where it was asked for.
    ///
    /// The order is total (ties are settled by the id, in the same direction) and
    /// the same in every adapter. A page that continues behind a cursor, which callers
    /// take from the same order, costs the same however deep it lies: alone, of one
    /// status, or of one user.
    async fn list(&self, query: OrderQuery) -> Result<Page<Order>, RepositoryError>;

    /// Stores what a decision makes of an order, and returns it. Of any number of racing
    /// decisions each sees what the one before has left, so none is lost.
    ///
    /// A decision returns the order with another status, one version on. Everything else
    /// stays. An order that becomes cancelled gives its pieces back, also to products
    /// that are deleted.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::NotFound`] where no order has the id, and
    /// [`RepositoryError::Refused`] where the decision refuses.
    async fn change(&self, id: OrderId, decide: Decide<Order>) -> Result<Order, RepositoryError>;

    /// Cancels the orders that are pending and were placed at `placed_until` or
    /// before, as [`OrderRepository::change`] does, in batches; returns how many.
    /// However many calls race, also from several processes, each order is cancelled
    /// once.
    async fn cancel_overdue(
        &self,
        placed_until: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<u64, RepositoryError>;

    /// Forgets the keys that have expired at `now`, in batches; returns how many.
    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError>;
}
