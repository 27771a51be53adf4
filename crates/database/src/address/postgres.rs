use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use strum::{Display, EnumString};

use crate::address::ssl_mode::SslMode;

pub(super) const DEFAULT_HOST: &str = "localhost";
const DEFAULT_PORT: u16 = 5432;

/// How to reach a PostgreSQL database, and what to ask of the connection.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    /// The servers, which are tried in this order: one at least.
    pub hosts: Vec<PostgresHost>,
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
    /// Whether the log in is bound to the TLS connection (SCRAM with channel binding, RFC 5802),
    /// if the URL says so.
    pub channel_binding: Option<ChannelBinding>,
    /// Which of the servers will do, if the URL says so.
    pub target_session: Option<TargetSession>,
    /// Settings of the session as the server's command line spells them
    /// (`-c search_path=…`).
    pub options: Option<String>,
    /// What the server calls the connection in its lists and logs.
    pub application_name: Option<String>,
    /// How long to wait for one server to answer.
    pub connect_timeout: Option<Duration>,
    /// How a server that has vanished is noticed, as far as the URL says so.
    pub keepalives: Keepalives,
    /// Parameters that mean nothing here.
    pub ignored: Vec<String>,
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresHost {
    /// A name or an address, or the folder of a Unix socket.
    pub host: String,
    /// The port; 5432 where the URL names none.
    pub port: u16,
}

/// libpq's `channel_binding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, Display)]
#[strum(serialize_all = "lowercase")]
pub enum ChannelBinding {
    /// Never.
    Disable,
    /// Where the server can: the default.
    Prefer,
    /// Always: a server that cannot is refused.
    Require,
}

/// libpq's `target_session_attrs`, without those values that pick a server which takes no writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, Display)]
#[strum(serialize_all = "kebab-case")]
pub enum TargetSession {
    /// The first that answers: the default.
    Any,
    /// The first that takes writes.
    #[strum(serialize = "primary", to_string = "read-write")]
    ReadWrite,
}

/// libpq's `keepalives…` and `tcp_user_timeout`. What is not given is for whoever
/// connects to choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keepalives {
    /// Whether there are any.
    pub are_sent: Option<bool>,
    /// How long a connection is idle before the first.
    pub idle: Option<Duration>,
    /// How long until the next where there is no answer.
    pub interval: Option<Duration>,
    /// How many are sent before the connection is given up.
    pub count: Option<u32>,
    /// How long what was sent may go without an answer.
    pub user_timeout: Option<Duration>,
}

impl PostgresHost {
    pub(crate) fn new(host: Option<String>, port: Option<u16>) -> Self {
        Self {
            host: host.unwrap_or_else(|| DEFAULT_HOST.to_owned()),
            port: port.unwrap_or(DEFAULT_PORT),
        }
    }

    /// Whether it is the folder of a Unix socket.
    pub(crate) fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    fn is_local(&self) -> bool {
        self.is_socket()
            || self.host.eq_ignore_ascii_case("localhost")
            || self
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

/// As a URL spells it.
impl fmt::Display for PostgresHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') && !self.is_socket() {
            write!(f, "[{}]", self.host)?;
        } else {
            write!(f, "{}", encode(&self.host))?;
        }
        write!(f, ":{}", self.port)
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
            hosts: vec![PostgresHost::new(host, port)],
            name,
            user,
            password,
            ssl_mode: None,
            ssl_root_cert: None,
            channel_binding: None,
            target_session: None,
            options: None,
            application_name: None,
            connect_timeout: None,
            keepalives: Keepalives::default(),
            ignored: Vec::new(),
        }
    }

    /// Whether all servers run on this machine, so that no network is in between.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.hosts.iter().all(PostgresHost::is_local)
    }

    /// The servers, for messages.
    pub(crate) fn addresses(&self) -> String {
        let address = |server: &PostgresHost| format!("{}:{}", server.host, server.port);
        let addresses: Vec<_> = self.hosts.iter().map(address).collect();
        addresses.join(", ")
    }
}

/// What a URL may hold as it is, in any of its parts.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, PLAIN)
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        let hosts: Vec<_> = self.hosts.iter().map(ToString::to_string).collect();
        write!(f, "{}/{}", hosts.join(","), encode(&self.name))?;

        let keepalives = self.keepalives;
        let in_seconds = |time: Duration| time.as_secs().to_string();
        let parameters = [
            ("sslmode", self.ssl_mode.map(|mode| mode.to_string())),
            (
                "sslrootcert",
                self.ssl_root_cert
                    .as_ref()
                    .map(|path| path.display().to_string()),
            ),
            (
                "channel_binding",
                self.channel_binding.map(|binding| binding.to_string()),
            ),
            (
                "target_session_attrs",
                self.target_session.map(|target| target.to_string()),
            ),
            ("options", self.options.clone()),
            ("application_name", self.application_name.clone()),
            ("connect_timeout", self.connect_timeout.map(in_seconds)),
            (
                "keepalives",
                keepalives
                    .are_sent
                    .map(|are_sent| u8::from(are_sent).to_string()),
            ),
            ("keepalives_idle", keepalives.idle.map(in_seconds)),
            ("keepalives_interval", keepalives.interval.map(in_seconds)),
            (
                "keepalives_count",
                keepalives.count.map(|count| count.to_string()),
            ),
            (
                "tcp_user_timeout",
                keepalives
                    .user_timeout
                    .map(|time| time.as_millis().to_string()),
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
