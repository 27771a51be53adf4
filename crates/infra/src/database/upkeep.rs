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
    /// it takes to be small. So a failure is only logged: the rows are there.
    pub(crate) async fn gather_statistics(&self) {
        if let Err(error) = self.keep_up(GATHER).await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "what the planner goes by was not gathered");
        }
    }

    /// Does what no transaction could hold; one that writes waits for it on SQLite. Where it
    /// fails, the connection may have been left with other settings, and is closed.
    async fn keep_up(&self, work: Work<(), ()>) -> Result<(), RepositoryError> {
        let mut lease = self.inner.connections.acquire(Intent::Write).await?;
        let working = async move {
            let outcome = work(&mut lease.connection, &()).await;
            if outcome.is_err() {
                lease.discard();
            }
            outcome
        };
        on_thread(working)
            .await
            .map_err(|error| RepositoryError::Internal(error.into()))?
            .map_err(|failure| Fault::from(failure).into())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hexpress_test_support::{Kind, TestDatabase};

    use super::*;
    use crate::database::DatabaseOptions;
    use crate::database::testing::{options, run};

    const FAILS_WITHOUT_A_LIMIT: Work<(), ()> = |connection, ()| {
        Box::pin(async move {
            run(
                connection,
                "DO $$ BEGIN
                     ASSERT current_setting('statement_timeout') <> '0', 'there is no limit';
                 END $$",
            )
            .await
        })
    };

    #[tokio::test]
    async fn a_connection_on_which_it_failed_serves_nobody_without_limits() {
        let raw = TestDatabase::migrated(Kind::Postgres).await;
        let database = Database::open(DatabaseOptions {
            pool_max: 1,
            lock_timeout: Duration::from_millis(100),
            ..options(&raw)
        })
        .await
        .unwrap();
        let holds = raw.begin("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE").await;
        assert!(database.keep_up(GATHER).await.is_err());
        database.read((), FAILS_WITHOUT_A_LIMIT).await.unwrap();
        holds.commit().await;
        database.keep_up(GATHER).await.unwrap();
        database.read((), FAILS_WITHOUT_A_LIMIT).await.unwrap();
    }
}
