//! Letters in one JSON file: an adapter of `hexpress-domain`'s [`PostRepository`].
//!
//! Each call reads the whole file, and a write replaces it whole, under a lock that keeps other
//! processes out meanwhile: right for a newsletter, which has hundreds of letters and one editor.

mod contents;
mod list;
mod masthead;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::Page;
use hexpress_domain::post::{
    LockedPost, MonthlyPosts, PostChange, PostHeadline, PostId, PostQuery, PostRecord,
    PostRepository, PostScope, PostView, Slug, StatusCount,
};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::UserId;
use tempfile::NamedTempFile;

use contents::Contents;

pub use masthead::{Editor, Masthead};

/// The file.
#[derive(Debug, Clone)]
pub struct Archive {
    path: PathBuf,
}

/// Why a file holds no newsletter.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is no newsletter, or holds values that are none.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where, and why.
        source: serde_json::Error,
    },
}

impl From<ArchiveError> for RepositoryError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Io { .. } => Self::Unavailable(error.into()),
            ArchiveError::Malformed { .. } => Self::Internal(error.into()),
        }
    }
}

impl Archive {
    /// Begins a newsletter in a file that is yet to be made.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Io`], also where the file is there already.
    pub fn create(path: &Path, masthead: Masthead) -> Result<Self, ArchiveError> {
        let archive = Self {
            path: path.to_owned(),
        };
        let _lock = archive.lock(true)?;
        let fresh = archive.store(&Contents::new(masthead), |file| {
            file.persist_noclobber(&archive.path)
        });
        fresh.map(|()| archive)
    }

    /// The newsletter in a file.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`].
    pub fn open(path: &Path) -> Result<(Self, Masthead), ArchiveError> {
        let archive = Self {
            path: path.to_owned(),
        };
        let masthead = archive.read(|contents| contents.masthead.clone())?;
        Ok((archive, masthead))
    }

    fn read<T>(&self, look: impl FnOnce(&Contents) -> T) -> Result<T, ArchiveError> {
        let _lock = self.lock(false)?;
        self.load().map(|contents| look(&contents))
    }

    /// All of it or nothing: what fails has changed a copy that is thrown away.
    fn write<T>(
        &self,
        change: impl FnOnce(&mut Contents) -> Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        let _lock = self.lock(true)?;
        let mut contents = self.load()?;
        let result = change(&mut contents)?;
        self.store(&contents, |file| file.persist(&self.path))?;
        Ok(result)
    }

    fn load(&self) -> Result<Contents, ArchiveError> {
        let text = fs::read(&self.path).map_err(|error| self.io(error))?;
        serde_json::from_slice(&text).map_err(|source| self.malformed(source))
    }

    /// Writes a new file and gives it the place of the old one, so that no crash leaves half of
    /// one.
    fn store(
        &self,
        contents: &Contents,
        persist: impl FnOnce(NamedTempFile) -> Result<File, tempfile::PersistError>,
    ) -> Result<(), ArchiveError> {
        let mut text =
            serde_json::to_vec_pretty(contents).map_err(|source| self.malformed(source))?;
        text.push(b'\n');
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let write = || {
            let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            persist(file)?;
            Ok(())
        };
        write().map_err(|error| self.io(error))
    }

    /// Keeps writers out, or with `alone` everybody, until it is dropped. The lock is a file of its
    /// own, since the other is replaced.
    fn lock(&self, alone: bool) -> Result<File, ArchiveError> {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        let lock = || {
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path)?;
            match alone {
                true => file.lock()?,
                false => file.lock_shared()?,
            }
            Ok(file)
        };
        lock().map_err(|error| self.io(error))
    }

    fn io(&self, source: io::Error) -> ArchiveError {
        ArchiveError::Io {
            path: self.path.clone(),
            source,
        }
    }

    fn malformed(&self, source: serde_json::Error) -> ArchiveError {
        ArchiveError::Malformed {
            path: self.path.clone(),
            source,
        }
    }
}

/// Nothing here waits for anything but the disk, so that a call is over when it is first polled:
/// nobody can drop it half way.
#[async_trait]
impl PostRepository for Archive {
    async fn insert(&self, post: PostRecord) -> Result<PostView, RepositoryError> {
        self.write(|contents| contents.insert(post))
    }

    async fn find(
        &self,
        id: PostId,
        liveness: Liveness,
    ) -> Result<Option<PostView>, RepositoryError> {
        Ok(self.read(|contents| contents.find(id, liveness))?)
    }

    async fn find_by_slug(&self, slug: Slug) -> Result<Option<PostView>, RepositoryError> {
        Ok(self.read(|contents| contents.find_by_slug(&slug))?)
    }

    async fn list(
        &self,
        scope: PostScope,
        query: PostQuery,
    ) -> Result<Page<PostView>, RepositoryError> {
        Ok(self.read(|contents| list::page(contents.views(), scope, &query))?)
    }

    async fn change(
        &self,
        id: PostId,
        decide: Decide<LockedPost, PostChange>,
    ) -> Result<PostView, RepositoryError> {
        self.write(|contents| contents.change(id, &decide))
    }

    async fn latest_published(
        &self,
        author_id: UserId,
        limit: u8,
    ) -> Result<Vec<PostHeadline>, RepositoryError> {
        Ok(self.read(|contents| list::latest_published(contents.views(), author_id, limit))?)
    }

    async fn count_by_status(
        &self,
        author_id: UserId,
    ) -> Result<Vec<StatusCount>, RepositoryError> {
        Ok(self.read(|contents| list::count_by_status(contents.views(), author_id))?)
    }

    async fn count_by_month(
        &self,
        author_id: UserId,
        months: u8,
    ) -> Result<Vec<MonthlyPosts>, RepositoryError> {
        Ok(self.read(|contents| list::count_by_month(contents.views(), author_id, months))?)
    }
}
