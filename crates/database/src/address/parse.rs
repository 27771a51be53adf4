//! Reads the URLs of PostgreSQL, as libpq does
//! (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::address::error::DatabaseUrlError;
use crate::address::postgres::{DEFAULT_HOST, PostgresHost, PostgresUrl};
use crate::address::ssl_mode::SslMode;

/// The parameters that mean something.
const PARAMETERS: [&str; 17] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "options",
    "password",
    "port",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// libpq's name for the certificates that the system trusts.
const SYSTEM: &str = "system";

impl PostgresUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let urls = one_for_each_host(text)?;
        let [url, ..] = urls.as_slice() else {
            return Err(DatabaseUrlError::Scheme);
        };
        let parts = [Some(url.path()), url.query(), url.fragment()];
        if parts.into_iter().flatten().any(|part| part.contains('@')) {
            return Err(DatabaseUrlError::At);
        }
        if url.fragment().is_some() {
            return Err(DatabaseUrlError::Fragment);
        }
        let name = decode("database", url.path().trim_start_matches('/'))?;
        let user = match url.username() {
            "" => None,
            user => Some(decode("user", user)?),
        };
        let password = url
            .password()
            .map(|password| decode("password", password))
            .transpose()?;
        let mut parsed = Self::from_parts(None, None, name, user, password);
        parsed.hosts = urls.iter().map(host_of).collect::<Result<_, _>>()?;
        parsed.read_parameters(url)?;
        if parsed.name.is_empty() {
            return Err(DatabaseUrlError::NoName);
        }
        if parsed.name.contains('@') {
            return Err(DatabaseUrlError::At);
        }
        Ok(parsed)
    }

    fn read_parameters(&mut self, url: &Url) -> Result<(), DatabaseUrlError> {
        let mut values = BTreeMap::new();
        for pair in url.query().unwrap_or_default().split('&') {
            if pair.is_empty() {
                continue;
            }
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match PARAMETERS.into_iter().find(|name| *name == key) {
                Some(name) => {
                    if values.insert(name, decode(name, value)?).is_some() {
                        return Err(DatabaseUrlError::RepeatedParameter(name));
                    }
                }
                None => self.ignored.push(ignorable(key)?),
            }
        }
        // In the order of their names: the port goes to hosts, and certificates to a mode.
        values
            .iter()
            .try_for_each(|(name, value)| self.read_parameter(name, value))
    }

    fn read_parameter(&mut self, name: &'static str, value: &str) -> Result<(), DatabaseUrlError> {
        let wrong = |expected| DatabaseUrlError::Parameter { name, expected };
        let seconds = || {
            let seconds = value.parse::<u32>().ok();
            let seconds = seconds.ok_or(wrong("a whole number of seconds"))?;
            // libpq takes 0 for what is not given.
            let time = Duration::from_secs(seconds.into());
            Ok::<_, DatabaseUrlError>(Some(time).filter(|time| !time.is_zero()))
        };
        match name {
            "application_name" => self.application_name = Some(value.to_owned()),
            "channel_binding" => {
                let binding = value.parse().ok();
                self.channel_binding = Some(binding.ok_or(wrong("disable, prefer or require"))?);
            }
            "connect_timeout" => self.connect_timeout = seconds()?,
            "dbname" => value.clone_into(&mut self.name),
            "host" => {
                let port = self.hosts.first().map(|host| host.port);
                let host = |host: &str| PostgresHost::new(Some(host.to_owned()), port);
                self.hosts = value.split(',').map(host).collect();
            }
            "keepalives" => {
                self.keepalives.are_sent = Some(match value {
                    "0" => false,
                    "1" => true,
                    _ => return Err(wrong("0 or 1")),
                });
            }
            "keepalives_count" => {
                let count = value.parse().ok().filter(|count| *count > 0);
                self.keepalives.count = Some(count.ok_or(wrong("a whole number from 1"))?);
            }
            "keepalives_idle" => self.keepalives.idle = seconds()?,
            "keepalives_interval" => self.keepalives.interval = seconds()?,
            "options" => self.options = Some(value.to_owned()),
            "password" => self.password = Some(value.to_owned()),
            "port" => {
                let wrong = || wrong("a port, or one for each host, separated by commas");
                let ports: Result<Vec<u16>, _> = value.split(',').map(str::parse).collect();
                let ports = ports.map_err(|_| wrong())?;
                if ports.len() != 1 && ports.len() != self.hosts.len() {
                    return Err(wrong());
                }
                for (host, port) in self.hosts.iter_mut().zip(ports.iter().cycle()) {
                    host.port = *port;
                }
            }
            "sslmode" => self.ssl_mode = Some(value.parse()?),
            "sslrootcert" if value == SYSTEM => {
                // Whoever has any certificate of the web's would pass for the server.
                if self
                    .ssl_mode
                    .is_some_and(|mode| mode != SslMode::VerifyFull)
                {
                    return Err(DatabaseUrlError::SystemCertificates);
                }
                self.ssl_mode = Some(SslMode::VerifyFull);
            }
            "sslrootcert" => self.ssl_root_cert = Some(value.into()),
            "target_session_attrs" => {
                let wrong = wrong("any, read-write or primary: one that takes writes");
                self.target_session = Some(value.parse().map_err(|_| wrong)?);
            }
            "tcp_user_timeout" => {
                let millis = value.parse().ok().filter(|millis| *millis > 0);
                let millis = millis.ok_or(wrong("a whole number of milliseconds from 1"))?;
                self.keepalives.user_timeout = Some(Duration::from_millis(millis));
            }
            _ => self.user = Some(value.to_owned()),
        }
        Ok(())
    }
}

/// The URL once for each of its hosts: `url` knows none with several.
fn one_for_each_host(text: &str) -> Result<Vec<Url>, DatabaseUrlError> {
    let (scheme, rest) = text.split_once("://").ok_or(DatabaseUrlError::Scheme)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let hosts = authority.rfind('@').map_or(0, |at| at + 1);
    let (user, hosts) = authority.split_at(hosts);
    let one = |host: &str| {
        // A user alone is none to `url`.
        let host = if host.is_empty() { DEFAULT_HOST } else { host };
        Url::parse(&format!("{scheme}://{user}{host}{rest}"))
    };
    let urls: Result<_, _> = hosts.split(',').map(one).collect();
    urls.map_err(DatabaseUrlError::Form)
}

fn host_of(url: &Url) -> Result<PostgresHost, DatabaseUrlError> {
    let host = match url.host() {
        None => None,
        Some(Host::Domain(host)) => Some(decode("host", host)?),
        Some(Host::Ipv4(address)) => Some(address.to_string()),
        Some(Host::Ipv6(address)) => Some(address.to_string()),
    };
    Ok(PostgresHost::new(host, url.port()))
}

/// The name of a parameter that means nothing here: of a feature that we do not have, or of
/// another driver. One that looks like a slip of the pen is refused.
fn ignorable(name: &str) -> Result<String, DatabaseUrlError> {
    // Anything else may be the rest of a password.
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if !name.bytes().all(is_name) {
        return Err(DatabaseUrlError::UnknownParameter);
    }
    let slips = |known: &&str| {
        let most = if known.len() < 6 { 1 } else { 2 };
        strsim::osa_distance(known, name) <= most
    };
    match PARAMETERS.into_iter().find(slips) {
        Some(meant) => Err(DatabaseUrlError::MisspeltParameter {
            name: name.to_owned(),
            meant,
        }),
        None => Ok(name.to_owned()),
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
