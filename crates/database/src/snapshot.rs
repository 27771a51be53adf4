use hexpress_domain::repository::RepositoryError;

use crate::connection::on_backend;
use crate::database::Database;
use crate::error::Fault;
use crate::lease::{Intent, Lease};
use crate::work::Work;

/// The database as it was at one moment, however long it is read: one transaction that
/// writes nothing. Statements, and pauses between them, have no time limit. Its connection is
/// closed after it.
pub struct Snapshot {
    lease: Option<Lease>,
}

impl Database {
    /// Takes a snapshot, which holds a connection of the pool until it is dropped.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`] where no connection comes free.
    pub async fn snapshot(&self) -> Result<Snapshot, RepositoryError> {
        let lease = self.inner.connections.acquire(Intent::Read).await?;
        let mut snapshot = Snapshot { lease: Some(lease) };
        snapshot
            .read(&(), |connection, ()| {
                Box::pin(async move {
                    on_backend!(connection, |c, backend in crate| backend::commands::begin_snapshot(c).await?);
                    Ok(())
                })
            })
            .await?;
        Ok(snapshot)
    }
}

impl Snapshot {
    /// Runs statements that write nothing.
    ///
    /// # Errors
    ///
    /// What the work returns, and what a failure of the database means. A snapshot that has
    /// failed can fail again at every read.
    pub async fn read<I, T>(&mut self, input: &I, work: Work<I, T>) -> Result<T, RepositoryError> {
        let Some(lease) = &mut self.lease else {
            return Err(RepositoryError::Internal(
                diesel::result::Error::NotInTransaction.into(),
            ));
        };
        lease.connection.log_statements();
        let outcome = work(&mut lease.connection, input).await;
        outcome.map_err(|failure| Fault::of(failure, lease.meaning_of).into())
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // Its transaction ends with the connection.
        if let Some(lease) = self.lease.take() {
            lease.discard();
        }
    }
}
