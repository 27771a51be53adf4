use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{
    Connection, ConnectionError, ConnectionResult, QueryResult, QueryableByName, SqliteConnection,
};
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::{BoxFuture, ready};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::runtime::Handle;
use tokio::task::JoinError;
use tokio::time::Instant;

use crate::address::SqliteLocation;
use crate::error::is_busy;
use crate::open_error::OpenError;
use crate::options::{DatabaseOptions, Synchronous};
use crate::private;

/// A connection to SQLite. Its statements run on the thread that polls them.
pub type AsyncSqliteConnection = SyncConnectionWrapper<SqliteConnection, InPlace>;

/// Asks SQLite on the thread that polls, there and then. On which thread that is, whoever
/// runs a whole piece of work decides (see [`on_thread`]): to another one and back costs
/// more than most statements.
#[derive(Debug)]
pub struct InPlace;

impl SpawnBlocking for InPlace {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn Error + Send + Sync>>>
    where
        R: Send + 'static,
    {
        Box::pin(ready(Ok(task())))
    }

    fn get_runtime() -> Self {
        Self
    }
}

/// How long the write-ahead log grows before it is written back into the file, in pages of
/// 4 KiB: a page that many writes have changed is written back once.
const CHECKPOINT_PAGES: u16 = 4000;

// Earlier ones can lose the write-ahead log when it is reset (fixed in 3.51.3).
const _: () = assert!(libsqlite3_sys::SQLITE_VERSION_NUMBER >= 3_051_003);

/// Does on a thread of its own what may take longer than others should wait.
pub(crate) async fn on_thread<F>(work: F) -> Result<F::Output, JoinError>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work)).await
}

/// Opens connections to one SQLite database, each with its pragmas set.
#[derive(Clone)]
pub(crate) struct Opener {
    target: String,
    /// The file that was there at the start. `None`: in memory, or before the start.
    file: Option<OpenedFile>,
    busy_timeout: Duration,
    synchronous: Synchronous,
}

/// A file, and which one it is.
#[derive(Clone)]
struct OpenedFile {
    path: PathBuf,
    identity: FileIdentity,
}

/// Another file is where the database was, or none: it was moved, deleted or restored under
/// the running program.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} is no longer the file that was opened at the start: \
     stop the program, put the file back, and start the program again"
)]
pub(crate) struct Replaced(String);

impl Opener {
    pub(crate) fn new(location: &SqliteLocation, options: &DatabaseOptions) -> Self {
        Self {
            target: match location {
                SqliteLocation::Memory => ":memory:".to_owned(),
                SqliteLocation::File(path) => literal_name(path),
            },
            file: None,
            busy_timeout: options.lock_timeout,
            synchronous: options.sqlite_synchronous,
        }
    }

    pub(crate) async fn open(&self) -> ConnectionResult<AsyncSqliteConnection> {
        let opener = self.clone();
        tokio::task::spawn_blocking(move || opener.open_blocking())
            .await
            .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
            .map(SyncConnectionWrapper::new)
    }

    /// Opens no other file than the one at this path now, and makes none.
    fn of_existing(self, path: &Path) -> Result<Self, OpenError> {
        let identity = identity(path).map_err(|error| explain(path, error.to_string()))?;
        Ok(Self {
            target: existing_uri(path),
            file: Some(OpenedFile {
                path: path.to_owned(),
                identity,
            }),
            ..self
        })
    }

    /// Whether the file that was opened at the start is still in its place.
    pub(crate) fn check(&self) -> Result<(), Replaced> {
        match &self.file {
            Some(file) if identity(&file.path).ok() != Some(file.identity) => {
                Err(Replaced(file.path.display().to_string()))
            }
            _ => Ok(()),
        }
    }

    fn open_blocking(&self) -> ConnectionResult<SqliteConnection> {
        self.check()
            .map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
        let mut connection = SqliteConnection::establish(&self.target)?;
        connection
            .batch_execute(&format!(
                "PRAGMA busy_timeout = {};
                 PRAGMA foreign_keys = ON;
                 PRAGMA synchronous = {};
                 PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};",
                self.busy_timeout.as_millis(),
                self.synchronous,
            ))
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(connection)
    }
}

/// Makes sure that there is a database which can be read and written: makes the
/// folder and the file where they are missing, and turns the write-ahead log on. Returns what
/// opens further connections, and whether readers never wait for the writer.
pub(crate) async fn prepare(
    location: &SqliteLocation,
    opener: Opener,
) -> Result<(Opener, bool), OpenError> {
    let SqliteLocation::File(path) = location else {
        return Ok((opener, true));
    };
    let path = path.clone();
    let preparing = async move {
        let has_wal = prepare_file(&path, &opener).await?;
        Ok((opener.of_existing(&path)?, has_wal))
    };
    on_thread(preparing)
        .await
        .unwrap_or_else(|error| Err(OpenError::Setup(error.to_string())))
}

async fn prepare_file(path: &Path, opener: &Opener) -> Result<bool, OpenError> {
    make_folder(path)?;
    // SQLite gives the files beside it the same rights. Where it cannot be made, SQLite says why.
    private::make_file(path).ok();
    let mut connection = opener
        .open()
        .await
        .map_err(|error| explain(path, error.to_string()))?;
    // SQLite changes the mode without waiting for others who do the same.
    let started = Instant::now();
    let mode = loop {
        match journal_mode_wal(&mut connection).await {
            Ok(mode) => break mode,
            Err(error) if is_busy(&error) && started.elapsed() <= opener.busy_timeout => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) => return Err(explain(path, error.to_string())),
        }
    };
    // As on file systems without shared memory: no fault, but nobody can say otherwise
    // why readers and the writer wait for each other.
    if mode != "wal" {
        tracing::warn!(
            mode,
            "this file system has no write-ahead log: reads and writes will wait for each other"
        );
    }
    match connection.batch_execute("BEGIN IMMEDIATE; ROLLBACK").await {
        // Who is writing just now shows that the file can be written.
        Err(error) if !is_busy(&error) => Err(explain(path, error.to_string())),
        _ => Ok(mode == "wal"),
    }
}

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

/// Asks for the write-ahead log, and returns what the file has got.
async fn journal_mode_wal(connection: &mut AsyncSqliteConnection) -> QueryResult<String> {
    let mode: JournalMode = diesel::sql_query("PRAGMA journal_mode = WAL")
        .get_result(connection)
        .await?;
    Ok(mode.journal_mode)
}

fn explain(path: &Path, reason: String) -> OpenError {
    let path = PathBuf::from(path);
    if reason.contains("not a database") {
        OpenError::NotADatabase { path }
    } else if reason.contains("readonly") || (reason.contains("unable to open") && !path.is_dir()) {
        OpenError::NotWritable { path, reason }
    } else {
        OpenError::File { path, reason }
    }
}

/// Makes the last folder of the path, for its owner alone, and no more than that: a longer
/// path that is missing is more likely a mistake than a wish.
fn make_folder(path: &Path) -> Result<(), OpenError> {
    let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    match private::make_folder(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !folder.is_dir() => {
            Err(OpenError::Folder {
                path: PathBuf::from(folder),
                reason: error,
            })
        }
        _ => Ok(()),
    }
}

/// What tells a file from all others: its device and its number there.
type FileIdentity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<FileIdentity> {
    use std::os::unix::fs::MetadataExt;

    let file = fs::metadata(path)?;
    Ok((file.dev(), file.ino()))
}

/// Without numbers of files, one that is there counts as the same.
#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<FileIdentity> {
    fs::metadata(path).map(|_| (0, 0))
}

/// What is written as it is in a URI's path.
const URI_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

/// A file, by a URI with this query (<https://sqlite.org/uri.html>).
fn uri(path: &Path, query: &str) -> String {
    let name = literal_name(path);
    let name = utf8_percent_encode(&name, URI_PATH);
    format!("file:{name}?{query}")
}

/// A file that is there: none is made.
pub(crate) fn existing_uri(path: &Path) -> String {
    uri(path, "mode=rw")
}

/// A file that nobody writes to: it is read without locks, and nothing is made beside it.
pub(crate) fn unchanging_uri(path: &Path) -> String {
    uri(path, "immutable=1")
}

/// A name that SQLite takes for a file's and not for a URI, nor for its own
/// `:memory:`.
fn literal_name(path: &Path) -> String {
    let name = path.display().to_string();
    if path.is_absolute() {
        name
    } else {
        format!("./{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(QueryableByName)]
    struct CompileOption {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }

    #[test]
    fn sqlite_is_compiled_as_the_workspace_has_it() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        let options = diesel::sql_query("PRAGMA compile_options");
        let options: Vec<CompileOption> =
            diesel::RunQueryDsl::load(options, &mut connection).unwrap();
        let has = |name: &str| options.iter().any(|option| option.compile_options == name);
        assert!(has("THREADSAFE=2") && has("DEFAULT_MEMSTATUS=0"));
        assert!(has("STMTJRNL_SPILL=131071"));
        assert!(!has("ENABLE_MEMORY_MANAGEMENT"));
    }

    #[test]
    fn a_path_is_never_taken_for_a_uri() {
        for (path, name) in [
            ("/var/lib/a.db", "/var/lib/a.db"),
            ("data/a.db", "./data/a.db"),
            ("file:a.db", "./file:a.db"),
        ] {
            assert_eq!(literal_name(Path::new(path)), name);
        }
    }
}
