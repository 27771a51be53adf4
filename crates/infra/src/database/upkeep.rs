use hexpress_domain::repository::RepositoryError;

use super::connection::on_both;
use super::error::Fault;
use super::pool::Intent;
use super::sqlite::on_thread;
use super::{Database, Work};

const ERASE: Work<(), ()> = |connection, ()| {
    Box::pin(async move {
        on_both!(connection, |c, dialect| dialect::erase_removed(c).await?);
        Ok(())
    })
};

const GATHER: Work<(), ()> = |connection, ()| {
    Box::pin(async move {
        on_both!(connection, |c, dialect| dialect::gather_statistics(c)
            .await?);
        Ok(())
    })
};

impl Database {
    /// Leaves nothing of what was removed in the file of an SQLite database, as far as it
    /// lies with us: PostgreSQL's vacuum does that by itself.
    pub(crate) async fn erase_removed(&self) -> Result<(), RepositoryError> {
        self.keep_up(ERASE).await
    }

    /// Tells the planner what is in the tables after many rows have come. PostgreSQL would
    /// see to it by itself, a minute later: until then it reads tables from end to end that
    /// it takes to be small.
    pub(crate) async fn gather_statistics(&self) -> Result<(), RepositoryError> {
        self.keep_up(GATHER).await
    }

    /// Does what no transaction could hold; one that writes waits for it on SQLite.
    async fn keep_up(&self, work: Work<(), ()>) -> Result<(), RepositoryError> {
        let mut lease = self.inner.connections.acquire(Intent::Write).await?;
        on_thread(async move { work(&mut lease.connection, &()).await })
            .await
            .map_err(|error| RepositoryError::Internal(error.into()))?
            .map_err(|failure| Fault::from(failure).into())
    }
}
