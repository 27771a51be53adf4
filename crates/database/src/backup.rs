mod check;

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use diesel::sql_query;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use hexpress_domain::repository::RepositoryError;
use tempfile::TempPath;

use crate::address::DatabaseUrl;
use crate::connection::Connection;
use crate::database::Database;
use crate::private;
use crate::sqlite::on_thread;
use crate::work::Work;

pub use check::CheckError;
pub(crate) use check::{beside, check};

/// Why there is no backup: the cause and the way out, in one or two lines.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// PostgreSQL has programs of its own for that.
    #[error(
        "backups of PostgreSQL are made with its own programs\nRun `pg_dump --format=custom --file=FILE`, and `pg_restore` to restore."
    )]
    Postgres,
    /// There is something where the copy should go.
    #[error("{} exists already\nName a file that does not.", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// Another process is writing it.
    #[error("another copy to {} is being written\nWait for it, or name another file.", path.display())]
    Running {
        /// Where.
        path: PathBuf,
    },
    /// The copy cannot be written.
    #[error("cannot write {}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        reason: io::Error,
    },
    /// The copy is not whole, and then the database most likely is not.
    #[error("the copy is not whole, and then the database is not: nothing is left of the copy")]
    Check(#[from] CheckError),
    /// The database cannot be read, or there is no room for the copy.
    #[error("the copy failed: nothing is left of it")]
    Copy(#[from] RepositoryError),
}

impl Database {
    /// Copies a SQLite database into a new file, as it stands at one moment, while
    /// others read and write it. The file appears under its name when it was checked and is
    /// on the disk, and never in place of another one; only its owner may read it.
    ///
    /// # Errors
    ///
    /// [`BackupError`], after which there is no file; nor is there when the future is dropped.
    pub async fn back_up(&self, path: &Path) -> Result<(), BackupError> {
        if matches!(self.url(), DatabaseUrl::Postgres(_)) {
            return Err(BackupError::Postgres);
        }
        if fs::symlink_metadata(path).is_ok() {
            return Err(BackupError::Exists {
                path: path.to_owned(),
            });
        }
        let failed = |reason: io::Error| match reason.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists {
                path: path.to_owned(),
            },
            _ => BackupError::File {
                path: path.to_owned(),
                reason,
            },
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let partial = Partial::make(folder, path)?;
        let copy = partial.copy();
        self.read(copy.display().to_string(), COPY).await?;
        let unchecked = copy.clone();
        on_thread(async move { check(&unchecked).map(drop) })
            .await
            .map_err(|error| RepositoryError::Internal(error.into()))??;
        // SQLite leaves that to whoever asks for the copy.
        File::open(&copy)
            .and_then(|copy| copy.sync_all())
            .map_err(failed)?;
        TempPath::try_from_path(copy)
            .and_then(|copy| Ok(copy.persist_noclobber(path)?))
            .map_err(failed)?;
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)
    }
}

/// Where a copy grows: a folder beside its place, so that it can be given its name in one step.
/// It holds whatever SQLite writes meanwhile, and goes with the value. What is left of it by a
/// process that was killed, the next copy to the same place removes.
pub(crate) struct Partial {
    folder: PathBuf,
    /// Held as long as the folder is in use.
    _lock: Option<File>,
}

impl Partial {
    pub(crate) fn make(folder: &Path, path: &Path) -> Result<Self, BackupError> {
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(".partial");
        let folder = folder.join(name);
        let failed = |reason| BackupError::File {
            path: path.to_owned(),
            reason,
        };
        let make = || private::make_folder(&folder);
        match make() {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let left = File::open(&folder).map_err(failed)?;
                if let Err(TryLockError::WouldBlock) = left.try_lock() {
                    return Err(BackupError::Running {
                        path: path.to_owned(),
                    });
                }
                fs::remove_dir_all(&folder).map_err(failed)?;
                make().map_err(failed)?;
            }
            made => made.map_err(failed)?,
        }
        // Not every file system has locks.
        let lock = File::open(&folder).ok();
        let lock = lock.filter(|folder| folder.try_lock().is_ok());
        let partial = Self {
            folder,
            _lock: lock,
        };
        private::make_file(&partial.copy()).map_err(failed)?;
        Ok(partial)
    }

    pub(crate) fn copy(&self) -> PathBuf {
        self.folder.join("copy")
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Where the copy is given up SQLite may still be at work, and make a journal.
        (0..3).any(|_| fs::remove_dir_all(&self.folder).is_ok());
    }
}

/// Writes the database into an empty file, in one read transaction
/// (<https://sqlite.org/lang_vacuum.html#vacuuminto>).
const COPY: Work<String, ()> = |connection, path| {
    Box::pin(async move {
        let Connection::Sqlite(connection) = connection else {
            return Ok(());
        };
        sql_query("VACUUM INTO ?")
            .bind::<Text, _>(path)
            .execute(connection)
            .await?;
        Ok(())
    })
};

#[cfg(test)]
mod tests;
