use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_decode_str, utf8_percent_encode,
};
use url::{Host, Url};

use crate::address::error::DatabaseUrlError;
use crate::address::ssl_mode::SslMode;

const DEFAULT_HOST: &str = "localhost";
const DEFAULT_PORT: u16 = 5432;

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

    pub(crate) fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let url = Url::parse(text).map_err(DatabaseUrlError::Form)?;
        let parts = [Some(url.path()), url.query(), url.fragment()];
        if parts.into_iter().flatten().any(|part| part.contains('@')) {
            return Err(DatabaseUrlError::At);
        }
        if url.fragment().is_some() {
            return Err(DatabaseUrlError::Fragment);
        }
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
        if name.contains('@') {
            return Err(DatabaseUrlError::At);
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
                    // Anything else may be the rest of a password.
                    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
                    let is_shown = unknown.bytes().all(is_name);
                    let name = if is_shown { unknown } else { "***" };
                    return Err(DatabaseUrlError::UnknownParameter(name.to_owned()));
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

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
