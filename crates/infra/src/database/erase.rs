use hexpress_domain::repository::RepositoryError;

use super::connection::on_both;
use super::error::{Failure, Fault};
use super::pool::Intent;
use super::sqlite::on_thread;
use super::{Connection, Database};

impl Database {
    /// Leaves nothing of what was removed in the file of an SQLite database, as far as it
    /// lies with us: PostgreSQL's vacuum does that by itself. No transaction could hold
    /// it; one that writes waits for it.
    pub(crate) async fn erase_removed(&self) -> Result<(), RepositoryError> {
        let mut lease = self.inner.connections.acquire(Intent::Write).await?;
        on_thread(async move { erase(&mut lease.connection).await })
            .await
            .map_err(|error| RepositoryError::Internal(error.into()))?
            .map_err(|failure| Fault::from(failure).into())
    }
}

async fn erase(connection: &mut Connection) -> Result<(), Failure> {
    on_both!(connection, |c, dialect| dialect::erase_removed(c).await?);
    Ok(())
}
