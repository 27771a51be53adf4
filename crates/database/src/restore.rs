use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel::{
    Connection as _, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection, sql_query,
};
use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

use crate::backup::{BackupError, CheckError, Partial, beside, check};
use crate::migrations::{Migration, MigrationError, MigrationState, states};
use crate::options::Schema;
use crate::sqlite::existing_uri;

/// Why a backup is not restored: the cause and the way out.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It is not whole.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// There is no room for a copy of it, or another one is being written.
    #[error(transparent)]
    Copy(#[from] BackupError),
    /// The program's own migrations cannot be read.
    #[error(transparent)]
    Migrations(#[from] MigrationError),
    /// It is a database of another program.
    #[error("{} is a database of another program: none of our migrations has been run on it\nName a file that `hexpress backup` has written.", .0.display())]
    Foreign(PathBuf),
    /// A program has the database open.
    #[error("a program has {} open\nStop the server, and try again.", .0.display())]
    InUse(PathBuf),
    /// A file cannot be written.
    #[error("cannot write {}: {reason}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// What the operating system says.
        reason: io::Error,
    },
}

/// Checks a backup: whether all of it is there, and what migrations have been run on it. Writes
/// nothing. Blocks for as long as it takes to read the file.
///
/// # Errors
///
/// [`RestoreError::Check`], [`RestoreError::Foreign`].
pub fn check_backup(backup: &Path, schema: &Schema) -> Result<Vec<Migration>, RestoreError> {
    let mut connection = check(backup)?;
    let foreign = || RestoreError::Foreign(backup.to_owned());
    let versions = versions(&mut connection).map_err(|_| foreign())?;
    let migrations = states::<Sqlite>(schema.sqlite, versions)?;
    let is_applied = |migration: &Migration| migration.state == MigrationState::Applied;
    if !migrations.iter().any(is_applied) {
        return Err(foreign());
    }
    Ok(migrations)
}

/// Puts a copy of a backup in the place of a SQLite database file, which is kept as `kept`. The
/// copy is checked first, as by [`check_backup`], and takes its place in one step, when it is on
/// the disk. Returns what migrations have been run on it. Blocks.
///
/// # Errors
///
/// [`RestoreError`], after which the database is what it was.
pub fn restore(
    backup: &Path,
    database: &Path,
    kept: &Path,
    schema: &Schema,
) -> Result<Vec<Migration>, RestoreError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |reason| RestoreError::File { path, reason }
    };
    let folder = match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A log beside the backup is not copied with it.
    check(backup)?;
    let partial = Partial::make(folder, database)?;
    let copy = partial.copy();
    copy_into(backup, &copy).map_err(failed(&copy))?;
    let migrations = check_backup(&copy, schema)?;

    write_log_back(database);
    let held = hold(database)?;
    let owner = match &held {
        Some(old) => old.metadata().map_err(failed(database))?,
        None => fs::metadata(folder).map_err(failed(folder))?,
    };
    give_to(&copy, &owner).map_err(failed(&copy))?;
    let placed =
        set_aside(database, kept, held.is_some()).and_then(|()| fs::rename(&copy, database));
    if let Err(reason) = placed {
        put_back(database, kept);
        return Err(failed(database)(reason));
    }
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed(folder))?;
    Ok(migrations)
}

/// Fills an empty file, and waits until that is on the disk.
fn copy_into(from: &Path, to: &Path) -> io::Result<()> {
    let mut to = File::options().write(true).open(to)?;
    io::copy(&mut File::open(from)?, &mut to)?;
    to.sync_all()
}

/// Gives a file the owner and the rights of the old one, or the owner of its folder: the server
/// may run as somebody else.
fn give_to(new: &Path, owner: &Metadata) -> io::Result<()> {
    chown(new, Some(owner.uid()), Some(owner.gid()))?;
    match owner.is_file() {
        true => fs::set_permissions(new, owner.permissions()),
        false => Ok(()),
    }
}

/// Writes what the log of a database holds into its file, where it is whole: then nothing of it
/// can be lost with the log. Not while its file is held: to close it would end that.
fn write_log_back(database: &Path) {
    if beside(database, "-wal").exists()
        && let Ok(mut connection) = SqliteConnection::establish(&existing_uri(database))
    {
        connection
            .batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")
            .ok();
    }
}

/// Locks a database file as a whole. Every connection to one with a write-ahead log holds a
/// shared lock of its own (<https://sqlite.org/fileformat2.html#wal_locks>). `None`: there is no
/// such file.
fn hold(database: &Path) -> Result<Option<File>, RestoreError> {
    let failed = |reason| RestoreError::File {
        path: database.to_owned(),
        reason,
    };
    let file = match File::options().read(true).write(true).open(database) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::AGAIN | Errno::ACCESS) => Err(RestoreError::InUse(database.to_owned())),
        locked => locked
            .map(|()| Some(file))
            .map_err(|errno| failed(errno.into())),
    }
}

/// What SQLite keeps beside a database, and would write into whatever has its name.
const LOGS: [&str; 2] = ["-wal", "-journal"];

/// Gives a database that is there a second name, and takes its logs along. They may be there
/// without it.
fn set_aside(database: &Path, kept: &Path, is_there: bool) -> io::Result<()> {
    if is_there {
        fs::hard_link(database, kept)?;
    }
    for log in LOGS {
        unless_missing(fs::rename(beside(database, log), beside(kept, log)))?;
    }
    unless_missing(fs::remove_file(beside(database, "-shm")))
}

/// Undoes that.
fn put_back(database: &Path, kept: &Path) {
    for log in LOGS {
        fs::rename(beside(kept, log), beside(database, log)).ok();
    }
    fs::remove_file(kept).ok();
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

fn versions(connection: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let rows: Vec<Applied> =
        sql_query("SELECT version FROM __diesel_schema_migrations").load(connection)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

#[cfg(test)]
mod tests;
