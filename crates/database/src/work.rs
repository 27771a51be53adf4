mod attempt;
mod queued_write;

use std::sync::Arc;

use hexpress_domain::repository::RepositoryError;
use tracing::Instrument;

use crate::database::Database;
use crate::error::is_of_another_schema;
use crate::finishing::Finishing;
use crate::lease::Intent;

pub use attempt::{Doing, Work};

impl Database {
    /// Runs statements that write nothing, outside of a transaction. Where the connection
    /// turns out to be broken they run once more on a new one.
    ///
    /// # Errors
    ///
    /// What the work returns, and what a failure of the database means.
    /// [`RepositoryError::Unavailable`] where no connection comes free.
    pub async fn read<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Intent::Read, input, work, |_| true).await
    }

    /// A [`read`](Self::read) of a few rows that are found by their keys. SQLite runs it on
    /// the calling thread, which takes less time than handing it to another one. Use `read`
    /// for whatever may take longer, since nothing else runs on the thread meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Database::read`].
    pub async fn look_up<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Intent::LookUp, input, work, |_| true).await
    }

    /// A [`read`](Self::read) that may have to look at every row, such as a search for one
    /// character. At most `search_connections` do so at once, and at most 64 searches wait for one
    /// of them. On PostgreSQL no statement of it takes longer than `search_timeout`. SQLite has no
    /// limit of time: Diesel cannot interrupt it.
    ///
    /// # Errors
    ///
    /// As [`Database::read`]; [`RepositoryError::Unavailable`] also beyond these limits.
    pub async fn search<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let options = &self.inner.options;
        let limit = options.search_timeout.min(options.statement_timeout);
        self.run(Intent::Search(limit), input, work, |_| true).await
    }

    /// Runs statements in one transaction.
    ///
    /// Once begun, the transaction is finished even if the returned future is dropped:
    /// otherwise a request that is given up could leave it open, with its locks, on a
    /// connection that others will use. A transaction that has lost its connection before
    /// the commit, or a race, is done again, a bounded number of times.
    ///
    /// On SQLite, several writes share a transaction (group commit), each in a savepoint of
    /// its own. They return when it is on the disk. Where that fails, it fails for all of
    /// them. A write that waits for its turn when the returned future is dropped is not done.
    /// At most 1,024 wait at once.
    ///
    /// # Errors
    ///
    /// What the work returns, and what a failure of the database means. After
    /// [`RepositoryError::Unavailable`] the transaction may have been committed.
    pub async fn write<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.write_if(|_| true, input, work).await
    }

    /// A [`write`](Self::write) that is rolled back if `keeps` is false of what the work
    /// returns. The value is returned all the same.
    ///
    /// # Errors
    ///
    /// As [`Database::write`].
    pub async fn write_if<I, T>(
        &self,
        keeps: fn(&T) -> bool,
        input: I,
        work: Work<I, T>,
    ) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Intent::Write, input, work, keeps).await
    }

    /// A [`write`](Self::write) that decides on a row which it locks first. PostgreSQL gets
    /// that first statement together with BEGIN, in one round trip.
    ///
    /// The first statement must only read, as a locking query does: where BEGIN fails, it runs
    /// outside of a transaction before the work is given up. No later one does.
    ///
    /// # Errors
    ///
    /// As [`Database::write`].
    pub async fn change<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Intent::Change, input, work, |_| true).await
    }

    /// A [`change`](Self::change) of maintenance, for which nobody waits: its statements, and all
    /// of them together, have no time limit on PostgreSQL. Locks are waited for as long as by
    /// others.
    ///
    /// # Errors
    ///
    /// As [`Database::write`].
    pub async fn maintain<I, T>(&self, input: I, work: Work<I, T>) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Intent::Maintain, input, work, |_| true).await
    }

    /// Spawns a [`write`](Self::write) that nobody waits for. Its failure is only logged. It
    /// is left out while four of them run, so that writes that are waited for come first.
    pub fn spawn_write<I>(&self, input: I, work: Work<I, ()>)
    where
        I: Send + Sync + 'static,
    {
        let Ok(turn) = Arc::clone(&self.inner.spawned_writes).try_acquire_owned() else {
            return;
        };
        let inner = Arc::clone(&self.inner);
        let task = async move {
            let _turn = turn;
            let done = inner.run(Intent::Write, Arc::new(input), work, |()| true);
            if let Err(error) = done.await {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "a spawned write failed");
            }
        };
        self.inner.work.spawn(task.in_current_span());
    }

    /// Does what takes several calls to its end, even if the returned future is dropped, or never
    /// polled. [`close`](Self::close) waits for it.
    pub fn finish<T, F>(&self, work: F) -> impl Future<Output = T> + Send + use<T, F>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        Finishing::new(self.inner.work.track_future(work.in_current_span()))
    }

    /// Runs the work behind all doors. A statement that names a table or a column which is not
    /// there fails by a fault of ours, unless migrations are under way: then it will pass.
    async fn run<I, T>(
        &self,
        intent: Intent,
        input: I,
        work: Work<I, T>,
        keeps: fn(&T) -> bool,
    ) -> Result<T, RepositoryError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        match self.inner.run(intent, Arc::new(input), work, keeps).await {
            Err(RepositoryError::Internal(source))
                if source.downcast_ref().is_some_and(is_of_another_schema)
                    && self
                        .migrator()
                        .pending()
                        .await
                        .is_ok_and(|all| !all.is_empty()) =>
            {
                Err(RepositoryError::Unavailable(source))
            }
            outcome => outcome,
        }
    }
}

#[cfg(test)]
mod tests;
