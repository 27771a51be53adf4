use hexpress_domain::repository::RepositoryError;

use crate::connection::on_backend;
use crate::database::Database;
use crate::error::Fault;
use crate::lease::Intent;
use crate::sqlite::on_thread;
use crate::work::Work;

const ERASE: Work<Vec<&'static str>, ()> = |connection, search_tables| {
    Box::pin(async move {
        on_backend!(connection, |c, backend in crate| {
            backend::commands::erase_removed(c, search_tables).await?
        });
        Ok(())
    })
};

const GATHER: Work<Vec<&'static str>, ()> = |connection, tables| {
    Box::pin(async move {
        on_backend!(connection, |c, backend in crate| {
            backend::commands::gather_statistics(c, tables).await?
        });
        Ok(())
    })
};

impl Database {
    /// Erases what was removed from the file of a SQLite database: merges these FTS5 tables
    /// and rewrites the file. PostgreSQL's vacuum does so by itself.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`] where others keep the database busy.
    pub async fn erase_removed(
        &self,
        search_tables: Vec<&'static str>,
    ) -> Result<(), RepositoryError> {
        self.keep_up(search_tables, ERASE).await
    }

    /// Tells PostgreSQL's planner what is in these tables after many rows have come. Its own
    /// vacuum comes a minute later, and until then it reads whole tables that it believes to
    /// be small. A failure is only logged, since the rows are there all the same.
    pub async fn gather_statistics(&self, tables: Vec<&'static str>) {
        if let Err(error) = self.keep_up(tables, GATHER).await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "statistics for the planner were not gathered");
        }
    }

    /// Runs what cannot be part of a transaction, alone among the writes on SQLite. Where it
    /// fails, the connection may have been left with other settings, and is closed.
    async fn keep_up(
        &self,
        tables: Vec<&'static str>,
        work: Work<Vec<&'static str>, ()>,
    ) -> Result<(), RepositoryError> {
        let mut lease = self.inner.connections.acquire(Intent::Write).await?;
        let working = async move {
            let outcome = work(&mut lease.connection, &tables).await;
            outcome.map_err(|failure| {
                let fault = Fault::of(failure, lease.meaning_of);
                lease.discard();
                RepositoryError::from(fault)
            })
        };
        on_thread(working)
            .await
            .map_err(|error| RepositoryError::Internal(error.into()))?
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hexpress_test_support::Kind;

    use super::*;
    use crate::options::DatabaseOptions;
    use crate::testing::{SCHEMA, options, run, stage};

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
        let stage = stage(Kind::Postgres).await;
        let options = DatabaseOptions {
            pool_max: 1,
            lock_timeout: Duration::from_millis(100),
            ..options(&stage.raw)
        };
        let database = Database::open(options, SCHEMA).await.unwrap();
        let lock = "LOCK TABLE notes IN ACCESS EXCLUSIVE MODE";
        let holds = stage.raw.begin(lock).await;
        let tables = || vec!["notes"];
        assert!(database.keep_up(tables(), GATHER).await.is_err());
        database.read((), FAILS_WITHOUT_A_LIMIT).await.unwrap();
        holds.commit().await;
        database.keep_up(tables(), GATHER).await.unwrap();
        database.read((), FAILS_WITHOUT_A_LIMIT).await.unwrap();
    }
}
