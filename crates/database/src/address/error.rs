use crate::address::ssl_mode::SslModeError;

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
    /// An `@` where none belongs: more likely the end of a password than part of a name.
    #[error(
        "has an `@` behind its host: a `/`, `?`, `#` or `@` in a password must be percent-encoded (%2F, %3F, %23, %40), and no database's name may hold an `@`"
    )]
    At,
    /// Something behind `#`, which means nothing.
    #[error("has a `#`, which must be percent-encoded (%23)")]
    Fragment,
    /// A PostgreSQL URL without a database.
    #[error("names no database: postgres://user:password@host:5432/NAME")]
    NoName,
    /// A parameter whose name is none.
    #[error("has a parameter whose name is not of small letters and `_`")]
    UnknownParameter,
    /// A parameter that is most likely another one.
    #[error("has the unknown parameter `{name}`: {meant} is meant?")]
    MisspeltParameter {
        /// What it is called.
        name: String,
        /// What it may be.
        meant: &'static str,
    },
    /// A parameter with a value that it cannot have.
    #[error("has an invalid `{name}`: it must be {expected}")]
    Parameter {
        /// Which.
        name: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// The system's certificates, with a mode that does not look at the host's name.
    #[error("has `sslrootcert=system`, which goes with `sslmode=verify-full` alone")]
    SystemCertificates,
    /// A parameter twice.
    #[error("has the parameter `{0}` twice")]
    RepeatedParameter(&'static str),
    /// A mode of TLS that does not exist.
    #[error("has an invalid `sslmode`: it {0}")]
    SslMode(#[from] SslModeError),
}
