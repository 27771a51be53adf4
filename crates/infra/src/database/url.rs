use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_decode_str, utf8_percent_encode,
};
use url::{Host, Url};

const SQLITE_SCHEME: &str = "sqlite://";
const MEMORY: &str = ":memory:";
const DEFAULT_HOST: &str = "localhost";
const DEFAULT_PORT: u16 = 5432;

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

/// How to reach a PostgreSQL database, and what to ask of the connection.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    /// A host name or address, or the folder of a Unix socket.
    pub host: String,
    /// The port; 5432 where the URL names none.
    pub port: u16,
    /// The database.
    pub name: String,
    /// The role to log in as; without one, that of the operating system's user.
    pub user: Option<String>,
    /// The role's password.
    pub password: Option<String>,
    /// How far to trust the network, if the URL says so.
    pub ssl_mode: Option<SslMode>,
    /// A PEM file of the certificates to trust instead of the system's.
    pub ssl_root_cert: Option<PathBuf>,
    /// Settings of the session as the server's command line spells them
    /// (`-c search_path=…`).
    pub options: Option<String>,
    /// What the server calls the connection in its lists and logs.
    pub application_name: Option<String>,
    /// How long to wait for one address to answer.
    pub connect_timeout: Option<Duration>,
}

/// What TLS must prove before a connection to PostgreSQL is used, with the
/// meanings of libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    /// No TLS.
    Disable,
    /// TLS where the server has it, without looking at its certificate.
    Prefer,
    /// TLS without looking at the certificate, unless `sslrootcert` is given:
    /// then as [`SslMode::VerifyCa`].
    Require,
    /// TLS with a certificate of a trusted authority, for whatever host.
    VerifyCa,
    /// TLS with a certificate of a trusted authority for this very host.
    VerifyFull,
}

/// The text names no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of: disable, prefer, require, verify-ca, verify-full")]
pub struct SslModeError;

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

impl PostgresUrl {
    /// A URL from its parts; host and port have the defaults of a URL without them.
    #[must_use]
    pub fn from_parts(
        host: Option<String>,
        port: Option<u16>,
        name: String,
        user: Option<String>,
        password: Option<String>,
    ) -> Self {
        Self {
            host: host.unwrap_or_else(|| DEFAULT_HOST.to_owned()),
            port: port.unwrap_or(DEFAULT_PORT),
            name,
            user,
            password,
            ssl_mode: None,
            ssl_root_cert: None,
            options: None,
            application_name: None,
            connect_timeout: None,
        }
    }

    /// Whether the server runs on this machine, so that no network is in between.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.host.starts_with('/')
            || self.host.eq_ignore_ascii_case("localhost")
            || self
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let url = Url::parse(text).map_err(DatabaseUrlError::Form)?;
        let host = match url.host() {
            None => None,
            Some(Host::Domain(host)) => Some(decode("host", host)?),
            Some(Host::Ipv4(address)) => Some(address.to_string()),
            Some(Host::Ipv6(address)) => Some(address.to_string()),
        };
        let name = decode("database", url.path().trim_start_matches('/'))?;
        if name.is_empty() {
            return Err(DatabaseUrlError::NoName);
        }
        let user = match url.username() {
            "" => None,
            user => Some(decode("user", user)?),
        };
        let password = url
            .password()
            .map(|password| decode("password", password))
            .transpose()?;
        let host = host.filter(|host| !host.is_empty());
        let mut parsed = Self::from_parts(host, url.port(), name, user, password);
        parsed.read_parameters(&url)?;
        Ok(parsed)
    }

    fn read_parameters(&mut self, url: &Url) -> Result<(), DatabaseUrlError> {
        for pair in url.query().unwrap_or_default().split('&') {
            if pair.is_empty() {
                continue;
            }
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "sslmode" => {
                    let mode = decode("sslmode", value)?.parse()?;
                    set(&mut self.ssl_mode, "sslmode", mode)?;
                }
                "sslrootcert" => {
                    let path = decode("sslrootcert", value)?.into();
                    set(&mut self.ssl_root_cert, "sslrootcert", path)?;
                }
                "options" => {
                    let options = decode("options", value)?;
                    set(&mut self.options, "options", options)?;
                }
                "application_name" => {
                    let name = decode("application_name", value)?;
                    set(&mut self.application_name, "application_name", name)?;
                }
                "connect_timeout" => {
                    let seconds = decode("connect_timeout", value)?
                        .parse::<u32>()
                        .ok()
                        .filter(|seconds| *seconds > 0)
                        .ok_or(DatabaseUrlError::ConnectTimeout)?;
                    let timeout = Duration::from_secs(seconds.into());
                    set(&mut self.connect_timeout, "connect_timeout", timeout)?;
                }
                unknown => {
                    let name = percent_decode_str(unknown).decode_utf8_lossy();
                    return Err(DatabaseUrlError::UnknownParameter(name.into_owned()));
                }
            }
        }
        Ok(())
    }
}

fn set<T>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), DatabaseUrlError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(DatabaseUrlError::RepeatedParameter(name)),
    }
}

fn decode(part: &'static str, text: &str) -> Result<String, DatabaseUrlError> {
    percent_decode_str(text)
        .decode_utf8()
        .ok()
        .filter(|text| !text.contains('\0'))
        .map(Cow::into_owned)
        .ok_or(DatabaseUrlError::Text(part))
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

impl FromStr for SslMode {
    type Err = SslModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            _ => Err(SslModeError),
        }
    }
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        })
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

/// What a URL may hold as it is, in any of its parts.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn encode(text: &str) -> PercentEncode<'_> {
            utf8_percent_encode(text, PLAIN)
        }

        f.write_str("postgres://")?;
        if let Some(user) = &self.user {
            write!(f, "{}", encode(user))?;
        }
        if self.password.is_some() {
            f.write_str(":***")?;
        }
        if self.user.is_some() || self.password.is_some() {
            f.write_str("@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            write!(f, "{}", encode(&self.host))?;
        }
        write!(f, ":{}/{}", self.port, encode(&self.name))?;

        let parameters = [
            ("sslmode", self.ssl_mode.map(|mode| mode.to_string())),
            (
                "sslrootcert",
                self.ssl_root_cert
                    .as_ref()
                    .map(|path| path.display().to_string()),
            ),
            ("options", self.options.clone()),
            ("application_name", self.application_name.clone()),
            (
                "connect_timeout",
                self.connect_timeout.map(|time| time.as_secs().to_string()),
            ),
        ];
        let mut separator = '?';
        for (name, value) in parameters {
            if let Some(value) = value {
                write!(f, "{separator}{name}={}", encode(&value))?;
                separator = '&';
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    fn postgres(text: &str) -> PostgresUrl {
        match text.parse().unwrap() {
            DatabaseUrl::Postgres(url) => url,
            DatabaseUrl::Sqlite(_) => panic!("{text} is SQLite"),
        }
    }

    fn fault(text: &str) -> DatabaseUrlError {
        text.parse::<DatabaseUrl>().unwrap_err()
    }

    #[test]
    fn sqlite_is_a_path_or_memory() {
        for (text, path) in [
            ("sqlite://data/hexpress.db", "data/hexpress.db"),
            ("sqlite:///var/lib/hexpress.db", "/var/lib/hexpress.db"),
            ("sqlite://my data/100%.db", "my data/100%.db"),
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url, DatabaseUrl::Sqlite(SqliteLocation::File(path.into())));
            assert_eq!(url.to_string(), text);
        }
        let memory: DatabaseUrl = "sqlite://:memory:".parse().unwrap();
        assert_eq!(memory, DatabaseUrl::Sqlite(SqliteLocation::Memory));
        assert_eq!(memory.to_string(), "sqlite://:memory:");
    }

    #[test]
    fn postgres_is_taken_apart_and_decoded() {
        let url = postgres(
            "postgresql://ada%40x:p%3A%2Fss@db.example.org:6432/my%20shop?sslmode=verify-full\
             &sslrootcert=/etc/ca.pem&options=-c%20search_path%3Dapp,public\
             &application_name=shop&connect_timeout=3",
        );
        assert_eq!(
            (
                url.host.as_str(),
                url.port,
                url.name.as_str(),
                url.user.as_deref(),
                url.password.as_deref()
            ),
            (
                "db.example.org",
                6432,
                "my shop",
                Some("ada@x"),
                Some("p:/ss")
            )
        );
        assert_eq!(url.ssl_mode, Some(SslMode::VerifyFull));
        assert_eq!(url.ssl_root_cert, Some("/etc/ca.pem".into()));
        assert_eq!(url.options.as_deref(), Some("-c search_path=app,public"));
        assert_eq!(url.application_name.as_deref(), Some("shop"));
        assert_eq!(url.connect_timeout, Some(Duration::from_secs(3)));
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let url = postgres("postgres:///shop");
        assert_eq!((url.host.as_str(), url.port), ("localhost", 5432));
        assert_eq!((url.user, url.password, url.ssl_mode), (None, None, None));
    }

    #[test]
    fn hosts_are_names_addresses_or_sockets() {
        for (text, host, local) in [
            ("postgres://db.example.org/a", "db.example.org", false),
            ("postgres://LOCALHOST/a", "LOCALHOST", true),
            ("postgres://127.0.0.1/a", "127.0.0.1", true),
            ("postgres://[::1]:5433/a", "::1", true),
            ("postgres://[2001:db8::1]/a", "2001:db8::1", false),
            (
                "postgres://%2Fvar%2Frun%2Fpostgresql/a",
                "/var/run/postgresql",
                true,
            ),
        ] {
            let url = postgres(text);
            assert_eq!((url.host.as_str(), url.is_local()), (host, local), "{text}");
            assert_eq!(postgres(&url.to_string()), url);
        }
    }

    #[test]
    fn nothing_shows_the_password() {
        let text = "postgres://ada:hunter2@db/shop?sslmode=require";
        let url: DatabaseUrl = text.parse().unwrap();
        assert_eq!(
            url.to_string(),
            "postgres://ada:***@db:5432/shop?sslmode=require"
        );
        assert_eq!(format!("{url:?}"), url.to_string());
        for wrong in [
            "mysql://ada:hunter2@db/shop",
            "postgres://ada:hunter2@db:port/shop",
            "postgres://ada:hunter2@db",
            "postgres://ada:hunter2@db/shop?sslmode=none",
            "postgres://ada:hunter2%FF@db/shop",
        ] {
            assert!(!fault(wrong).to_string().contains("hunter2"), "{wrong}");
        }
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(fault("shop.db"), DatabaseUrlError::Scheme);
        assert_eq!(fault("sqlite://"), DatabaseUrlError::NoPath);
        assert_eq!(fault("sqlite://a.db?mode=ro"), DatabaseUrlError::Path);
        assert_eq!(fault("postgres://db/"), DatabaseUrlError::NoName);
        assert_eq!(
            fault("postgres://db/a?target_session_attrs=any"),
            DatabaseUrlError::UnknownParameter("target_session_attrs".into())
        );
        assert_eq!(
            fault("postgres://db/a?sslmode=require&sslmode=disable"),
            DatabaseUrlError::RepeatedParameter("sslmode")
        );
        assert_eq!(
            fault("postgres://db/a?connect_timeout=0"),
            DatabaseUrlError::ConnectTimeout
        );
        assert_eq!(
            fault("postgres://db/a?sslmode=allow"),
            DatabaseUrlError::SslMode(SslModeError)
        );
        assert_eq!(
            fault("postgres://db/a%00b"),
            DatabaseUrlError::Text("database")
        );
    }
}
