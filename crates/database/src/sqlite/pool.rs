use std::sync::Arc;

use diesel_async::pooled_connection::deadpool::Pool;
use hexpress_domain::repository::RepositoryError;
use tokio::sync::Semaphore;

use crate::connection::Connection;
use crate::error::MeaningOf;
use crate::lease::{Intent, Lease, unavailable};
use crate::sqlite::opener::AsyncSqliteConnection;

/// The connections to a SQLite database.
#[derive(Clone)]
pub(crate) struct SqlitePool {
    pub(crate) pool: Pool<AsyncSqliteConnection>,
    /// SQLite has one writer at a time. The writers of this process take turns here; only
    /// other processes are waited for by polling the lock of the file.
    pub(crate) writer: Arc<Semaphore>,
    /// Whether the database lives in its one connection and dies with it.
    pub(crate) in_memory: bool,
    pub(crate) meaning_of: MeaningOf,
}

impl SqlitePool {
    /// A connection, and for a write the right to write.
    pub(crate) async fn wait(&self, intent: Intent) -> Result<Lease, RepositoryError> {
        let turn = match intent {
            Intent::LookUp | Intent::Read | Intent::Search(_) => None,
            Intent::Write | Intent::Change | Intent::Maintain => {
                let turn = Arc::clone(&self.writer).acquire_owned().await;
                Some(turn.map_err(unavailable)?)
            }
        };
        Ok(Lease {
            connection: Connection::Sqlite(self.pool.get().await.map_err(unavailable)?),
            is_tainted: false,
            limit: None,
            meaning_of: self.meaning_of,
            is_irreplaceable: self.in_memory,
            _turn: turn,
        })
    }
}
