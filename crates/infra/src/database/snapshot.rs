use hexpress_domain::repository::RepositoryError;

use super::Database;
use super::connection::on_both;
use super::error::{Failure, Fault};
use super::pool::{Intent, Lease};
use super::work::Work;

/// The database as it was at one moment, however long it is read: one transaction that
/// writes nothing, on a connection that nobody gets after it. It keeps the limits
/// on time neither of statements nor of transactions in which nothing happens.
pub(crate) struct Snapshot {
    lease: Option<Lease>,
}

impl Database {
    /// Takes a snapshot.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, RepositoryError> {
        let lease = self.inner.connections.acquire(Intent::Read).await?;
        let mut snapshot = Snapshot { lease: Some(lease) };
        snapshot
            .read(&(), |connection, ()| {
                Box::pin(async move {
                    on_both!(connection, |c, dialect| dialect::begin_snapshot(c).await?);
                    Ok(())
                })
            })
            .await?;
        Ok(snapshot)
    }
}

impl Snapshot {
    /// Runs statements that write nothing.
    pub(crate) async fn read<I, T>(
        &mut self,
        input: &I,
        work: Work<I, T>,
    ) -> Result<T, RepositoryError> {
        let Some(lease) = &mut self.lease else {
            return Err(
                Fault::from(Failure::Query(diesel::result::Error::NotInTransaction)).into(),
            );
        };
        lease.connection.log_statements();
        let outcome = work(&mut lease.connection, input).await;
        outcome.map_err(|failure| Fault::from(failure).into())
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // With its transaction.
        if let Some(lease) = self.lease.take() {
            lease.discard();
        }
    }
}
