use std::error::Error;
use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use hexpress_domain::repository::RepositoryError;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout};

use crate::activity::Readiness;
use crate::connection::Connection;
use crate::database::Database;
use crate::error::Failure;
use crate::lease::{AcquireTimeout, Overloaded};
use crate::work::Work;

/// For how long an answer is given again.
const MAX_AGE: Duration = Duration::from_secs(1);
/// How long the database has to answer each of two questions. Whoever asks for readiness
/// waits two seconds at most.
const LIMIT: Duration = Duration::from_millis(900);
/// A database that has worked for others so recently is busy and not gone.
const RECENT: Duration = Duration::from_secs(2);
/// For how long a database is not ready in which something has failed for good.
const FAULT_MEMORY: Duration = Duration::from_secs(60);

impl Database {
    /// Whether requests can be served: the database answers in time, no migration is missing,
    /// it takes writes, and SQLite's file is where it was. It is not ready for a minute after
    /// work has failed on it in a way that will not pass by itself, such as on a corrupt file.
    /// One that answers late, since it is busy with the work of others, is ready.
    ///
    /// The database is asked once a second at most; callers in between, and those who come
    /// while it is being asked, get the same answer.
    pub async fn readiness(&self) -> Readiness {
        let mut known = self.inner.readiness.lock().await;
        if let Some((at, readiness)) = *known
            && at.elapsed() < MAX_AGE
        {
            return readiness;
        }
        let readiness = match self.ask().await {
            Ok(readiness) => readiness,
            Err(error) if is_load(&*error) && self.has_just_worked() => Readiness::Ready,
            Err(error) => {
                let cause = error.source().map(ToString::to_string);
                tracing::warn!(%error, cause, "the database cannot be used");
                Readiness::Unreachable
            }
        };
        *known = Some((Instant::now(), readiness));
        readiness
    }

    async fn ask(&self) -> Result<Readiness, Box<dyn Error + Send + Sync>> {
        let connections = &self.inner.connections;
        connections.check_file()?;
        if connections.activity.has_permanent_fault(FAULT_MEMORY) {
            return Ok(Readiness::Unreachable);
        }
        let pending = timeout(LIMIT, self.migrator().pending()).await??;
        if !pending.is_empty() {
            return Ok(Readiness::MigrationsPending);
        }
        timeout(LIMIT, self.write((), TAKES_WRITES)).await??;
        Ok(Readiness::Ready)
    }

    fn has_just_worked(&self) -> bool {
        self.inner.connections.activity.has_success(RECENT)
    }
}

/// Whether the answer came too late because others wait as well.
fn is_load<'a>(error: &'a (dyn Error + 'static)) -> bool {
    let cause = |error: &&'a (dyn Error + 'static)| (**error).source();
    std::iter::successors(Some(error), cause).any(|cause| {
        cause.is::<Elapsed>() || cause.is::<AcquireTimeout>() || cause.is::<Overloaded>()
    })
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    transaction_read_only: String,
}

/// The server is a standby, or was set to read only.
#[derive(Debug, thiserror::Error)]
#[error("the server takes no writes: connect to the primary")]
struct ReadOnly;

/// Changes nothing. On SQLite it needs the write lock, which a file that cannot be written
/// does not give.
const TAKES_WRITES: Work<(), ()> = |connection, ()| Box::pin(takes_writes(connection));

async fn takes_writes(connection: &mut Connection) -> Result<(), Failure> {
    if let Connection::Postgres(c) = connection {
        let show = diesel::sql_query("SHOW transaction_read_only");
        let setting: Setting = show.get_result(&mut &***c).await?;
        if setting.transaction_read_only == "on" {
            return Err(RepositoryError::Unavailable(ReadOnly.into()).into());
        }
    }
    Ok(())
}
