use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use diesel::sql_query;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use hexpress_domain::repository::RepositoryError;
use tempfile::NamedTempFile;

use crate::address::DatabaseUrl;
use crate::connection::Connection;
use crate::database::Database;
use crate::work::Work;

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
    /// The copy cannot be written.
    #[error("cannot write {}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        reason: io::Error,
    },
    /// The database cannot be read, or there is no room for the copy.
    #[error("the copy failed: nothing is left of it")]
    Copy(#[from] RepositoryError),
}

impl Database {
    /// Copies a SQLite database into a new file, as it stands at one moment, while
    /// others read and write it. The file appears under its name when it is whole and
    /// on the disk, and never in place of another one; only its owner may read it.
    ///
    /// # Errors
    ///
    /// [`BackupError`], after which there is no file.
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
        // In the same folder, so that it can be given its name in one step.
        let copy = NamedTempFile::new_in(folder).map_err(failed)?;
        self.read(copy.path().display().to_string(), COPY).await?;
        // SQLite leaves that to whoever asks for the copy.
        copy.as_file().sync_all().map_err(failed)?;
        copy.persist_noclobber(path)
            .map_err(|error| failed(error.error))?;
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)
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
