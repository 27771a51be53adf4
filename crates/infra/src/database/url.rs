mod postgres;
mod ssl_mode;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

pub use postgres::PostgresUrl;
pub use ssl_mode::{SslMode, SslModeError};

const SQLITE_SCHEME: &str = "sqlite://";
const MEMORY: &str = ":memory:";

/// Where the database is. `Display` and `Debug` mask the password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite://PATH`, where the path is taken as it stands, or `sqlite://:memory:`.
    Sqlite(SqliteLocation),
    /// `postgres://user:password@host:5432/name?…`, percent-encoded where needed.
    Postgres(PostgresUrl),
}

/// Where an SQLite database lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqliteLocation {
    /// In a file; a relative path starts at the working directory.
    File(PathBuf),
    /// In memory, for as long as the program runs.
    Memory,
}

/// Why a text is no database URL. No message repeats the URL, which may hold a
/// password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Neither of the schemes.
    #[error("must begin with sqlite:// or postgres://")]
    Scheme,
    /// A SQLite URL without a path.
    #[error("must name a file (sqlite://PATH) or sqlite://:memory:")]
    NoPath,
    /// A SQLite URL with a query, or with U+0000.
    #[error(
        "must name a file whose path has neither `?` nor U+0000: sqlite:// takes no parameters"
    )]
    Path,
    /// Not the form of a URL.
    #[error(
        "is no URL ({0}); the form is postgres://user:password@host:5432/name, with special characters percent-encoded"
    )]
    Form(url::ParseError),
    /// A part is not UTF-8 once decoded, or holds U+0000.
    #[error("has a {0} that is no text once percent-decoded")]
    Text(&'static str),
    /// A PostgreSQL URL without a database.
    #[error("names no database: postgres://user:password@host:5432/NAME")]
    NoName,
    /// A parameter that is not known here.
    #[error(
        "has the unknown parameter `{0}`; known are sslmode, sslrootcert, options, application_name and connect_timeout"
    )]
    UnknownParameter(String),
    /// A parameter twice.
    #[error("has the parameter `{0}` twice")]
    RepeatedParameter(&'static str),
    /// A mode of TLS that does not exist.
    #[error("has an invalid `sslmode`: it {0}")]
    SslMode(#[from] SslModeError),
    /// A time limit that is none.
    #[error("has an invalid `connect_timeout`: it must be a whole number of seconds from 1")]
    ConnectTimeout,
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
            return PostgresUrl::parse(text).map(Self::Postgres);
        }
        Err(DatabaseUrlError::Scheme)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(SqliteLocation::File(path)) => {
                write!(f, "{SQLITE_SCHEME}{}", path.display())
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

#[cfg(test)]
mod tests;
