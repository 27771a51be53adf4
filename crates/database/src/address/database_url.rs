use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::address::error::DatabaseUrlError;
use crate::address::mask::shown;
use crate::address::postgres::PostgresUrl;

const SQLITE_SCHEME: &str = "sqlite://";
const MEMORY: &str = ":memory:";

/// Where the database is. `Display` and `Debug` mask the password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite://PATH`, where the path is taken as it stands, or `sqlite://:memory:`.
    Sqlite(SqliteLocation),
    /// `postgres://user:password@host:5432/name?…`, percent-encoded where needed.
    Postgres(Box<PostgresUrl>),
}

/// Where an SQLite database lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqliteLocation {
    /// In a file; a relative path starts at the working directory.
    File(PathBuf),
    /// In memory, for as long as the program runs.
    Memory,
}

impl DatabaseUrl {
    /// Whether this is SQLite.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix(SQLITE_SCHEME) {
            return match path {
                "" => Err(DatabaseUrlError::NoPath),
                MEMORY => Ok(Self::Sqlite(SqliteLocation::Memory)),
                path if path.contains(['?', '\0']) => Err(DatabaseUrlError::Path),
                path => Ok(Self::Sqlite(SqliteLocation::File(path.into()))),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return PostgresUrl::parse(text).map(|url| Self::Postgres(Box::new(url)));
        }
        Err(DatabaseUrlError::Scheme)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(SqliteLocation::File(path)) => {
                write!(f, "{SQLITE_SCHEME}{}", shown(path.display()))
            }
            Self::Sqlite(SqliteLocation::Memory) => write!(f, "{SQLITE_SCHEME}{MEMORY}"),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
