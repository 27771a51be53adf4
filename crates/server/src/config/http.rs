use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hexpress_web::CorsOrigins;
use ipnet::{IpNet, Ipv4Net};
use url::Url;

use super::reader::Reader;
use super::{ConfigError, Flag, Setting};

/// The address to listen on.
pub const HOST: Setting = Setting::new(
    "HOST",
    "where the server listens: an address, or the name of one. `::` is every address of IPv6 and \
     IPv4, or of IPv4 alone where there is no IPv6",
)
.with_flag(Flag::new("host", "ADDRESS"));
/// The port to listen on.
pub const PORT: Setting = Setting::new(
    "PORT",
    "the port it listens on; 0 is any free one, and the one bound is printed",
)
.with_flag(Flag::new("port", "NUMBER"));

/// How requests are taken.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// The address, or the name of one, to listen on.
    pub host: String,
    /// The port; 0 is any free one.
    pub port: u16,
    /// Where metrics can be read, if anywhere.
    pub metrics_address: Option<SocketAddr>,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// How long a client may take to send a request's head.
    pub header_read_timeout: Duration,
    /// How long a client may take to send a request's body.
    pub body_read_timeout: Duration,
    /// How long a connection is kept between two requests.
    pub keep_alive_timeout: Duration,
    /// How many connections are served at once; as many as files may be open for, if not set.
    pub max_connections: Option<usize>,
    /// How many of them one client address may have; a share, if not set.
    pub max_connections_per_address: Option<usize>,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whose pages may call.
    pub cors_origins: CorsOrigins,
}

/// How the server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutdownConfig {
    /// How long requests are still taken while readiness fails already.
    pub delay: Duration,
    /// How long running requests and writes may take to finish after that.
    pub timeout: Duration,
}

impl HttpConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        reader.section("Requests");
        let (local, all) = ("127.0.0.1".to_owned(), "::".to_owned());
        let app_env = reader.app_env();
        let config = Self {
            host: reader.value(
                HOST,
                app_env.pick(local.clone(), local, all),
                "an IP address, or the name of one",
                parse_host,
            )?,
            port: reader.whole(PORT, app_env.pick(3000, 0, 3000), 0..=u16::MAX)?,
            metrics_address: reader.optional(
                Setting::new(
                    "METRICS_ADDR",
                    "an address and a port, such as `127.0.0.1:9100`, where `GET /metrics` \
                     answers in Prometheus' text format; not meant for everybody, so not where \
                     the API is",
                ),
                "an address and a port, such as 127.0.0.1:9100",
                |text| text.parse().ok(),
            )?,
            request_timeout: reader.milliseconds(
                Setting::new(
                    "REQUEST_TIMEOUT_MS",
                    "how long an answer may take, then 503; also how long a client may take \
                     nothing of it",
                ),
                30_000,
                1,
            )?,
            header_read_timeout: reader.milliseconds(
                Setting::new(
                    "HEADER_READ_TIMEOUT_MS",
                    "how long a client may take to send a request's header, then the connection \
                     is closed",
                ),
                10_000,
                1,
            )?,
            body_read_timeout: reader.milliseconds(
                Setting::new(
                    "BODY_READ_TIMEOUT_MS",
                    "how long a client may take to send a body, then 408; also how long a body of more \
                     than 64 KiB waits for its turn, then 503",
                ),
                20_000,
                1,
            )?,
            keep_alive_timeout: reader.milliseconds(
                Setting::new(
                    "KEEP_ALIVE_TIMEOUT_MS",
                    "how long a connection is kept between two requests",
                ),
                75_000,
                1,
            )?,
            max_connections: connections(
                reader,
                Setting::new(
                    "MAX_CONNECTIONS",
                    "how many connections are served at once; beyond that they wait to be \
                     accepted. The files that the database may need are kept free",
                )
                .with_default_in_words(
                    "as many as the process may open files, less those kept for the database \
                     (4 × `DB_POOL_MAX` + 64), at most 2048",
                ),
            )?,
            max_connections_per_address: connections(
                reader,
                Setting::new(
                    "MAX_CONNECTIONS_PER_ADDRESS",
                    "how many of them one client address may have; beyond that they are closed. \
                     Those of `TRUSTED_PROXIES` are not counted",
                )
                .with_default_in_words(
                    "an eighth of `MAX_CONNECTIONS`, at least 256 or half of it, whichever is less",
                ),
            )?,
            trusted_proxies: read_proxies(reader)?,
            cors_origins: read_origins(reader)?,
        };
        config.check(reader)?;
        Ok(config)
    }

    /// One address cannot have more connections than there are.
    fn check(&self, reader: &Reader<'_>) -> Result<(), ConfigError> {
        match (self.max_connections, self.max_connections_per_address) {
            (Some(max), Some(per_address)) if per_address > max => {
                let expected = format!("at most MAX_CONNECTIONS ({max})");
                Err(reader.refuse("MAX_CONNECTIONS_PER_ADDRESS", expected))
            }
            _ => Ok(()),
        }
    }
}

impl ShutdownConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        reader.section("The program");
        let app_env = reader.app_env();
        let (delay, timeout) = app_env.pick((0, 5_000), (0, 10_000), (3_000, 30_000));
        Ok(Self {
            delay: reader.milliseconds(
                Setting::new(
                    "SHUTDOWN_DELAY_MS",
                    "after the first signal, how long readiness already says 503 while requests \
                     are still taken",
                ),
                delay,
                0,
            )?,
            timeout: reader.milliseconds(
                Setting::new(
                    "SHUTDOWN_TIMEOUT_MS",
                    "how long running requests and writes may take to finish after that: requests \
                     have three quarters of it, writes the rest. What has not finished then is \
                     cut off, as all is at a second signal, and the exit code is 1. A connection \
                     whose request has no complete header yet is simply closed",
                ),
                timeout,
                0,
            )?,
        })
    }
}

fn connections(reader: &mut Reader<'_>, setting: Setting) -> Result<Option<usize>, ConfigError> {
    let range = 1..=1_000_000;
    let expected = format!("a whole number from {} to {}", range.start(), range.end());
    reader.optional(setting, &expected, |text| {
        text.parse().ok().filter(|number| range.contains(number))
    })
}

fn parse_host(text: &str) -> Option<String> {
    let is_name = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    };
    (text.parse::<IpAddr>().is_ok() || is_name(text)).then(|| text.to_owned())
}

fn read_proxies(reader: &mut Reader<'_>) -> Result<Vec<IpNet>, ConfigError> {
    let expected = "networks such as 10.0.0.0/8 with commas between";
    let proxies = reader.value(
        Setting::new(
            "TRUSTED_PROXIES",
            "networks, such as `10.0.0.0/8,fd00::/8`, whose `X-Forwarded-For` is believed",
        ),
        List(Vec::new()),
        expected,
        |text| List::parse(text, |text| parse_network(text).ok_or(())).ok(),
    )?;
    Ok(proxies.0)
}

/// Clients are IPv4 addresses even where the system shows them in IPv6 clothes
/// (`::ffff:192.0.2.1`), so that only a network in IPv4 clothes can hold them.
fn parse_network(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let IpNet::V6(network) = text.parse().ok().or_else(address)? else {
        return text.parse().ok().or_else(address);
    };
    match network.addr().to_ipv4_mapped() {
        None => Some(network.into()),
        Some(address) => {
            let prefix = network.prefix_len().checked_sub(96)?;
            Ipv4Net::new(address, prefix).ok().map(IpNet::V4)
        }
    }
}

fn read_origins(reader: &mut Reader<'_>) -> Result<CorsOrigins, ConfigError> {
    let setting = Setting::new(
        "CORS_ALLOWED_ORIGINS",
        "whose pages may call: `*`, or a list of origins as browsers send them, such as \
         `https://example.org,http://localhost:5173`",
    );
    let any = || List(vec!["*".to_owned()]);
    let origins = reader.explained(setting, |text| {
        if text.trim() == "*" {
            return Ok(any());
        }
        List::parse(text, parse_origin)
    })?;
    let origins = origins.unwrap_or_else(|| reader.default(any()));
    Ok(if origins == any() {
        CorsOrigins::Any
    } else {
        CorsOrigins::List(origins.0)
    })
}

/// An origin in the one form that browsers send it in (RFC 6454). No other can ever match.
fn parse_origin(text: &str) -> Result<String, String> {
    const FORMS: &str = "`*`, or origins such as https://example.org with commas between";
    let web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let Some(url) = Url::parse(text).ok().filter(web) else {
        return Err(FORMS.to_owned());
    };
    if text.contains('*') {
        return Err(format!("{FORMS}; a part of a name cannot be `*`"));
    }
    let sent = url.origin().ascii_serialization();
    if sent != text {
        return Err(format!("{FORMS}; browsers send this one as {sent}"));
    }
    Ok(sent)
}

/// What settings hold that are written with commas.
#[derive(Debug, PartialEq, Eq)]
struct List<T>(Vec<T>);

impl<T> List<T> {
    /// Reads each item; a blank text has none.
    fn parse<E>(text: &str, item: impl Fn(&str) -> Result<T, E>) -> Result<Self, E> {
        if text.trim().is_empty() {
            return Ok(Self(Vec::new()));
        }
        let items = text.split(',').map(str::trim);
        items.map(item).collect::<Result<_, _>>().map(Self)
    }
}

impl<T: fmt::Display> fmt::Display for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&items.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_addresses_or_names() {
        for host in ["127.0.0.1", "::1", "::", "localhost", "web-1.example.org"] {
            assert_eq!(parse_host(host).as_deref(), Some(host));
        }
        for host in ["", "a b", "http://localhost", "localhost:80", "[::1]"] {
            assert_eq!(parse_host(host), None, "{host}");
        }
    }

    #[test]
    fn an_address_is_a_network_of_one() {
        assert_eq!(
            parse_network("192.0.2.1").unwrap().to_string(),
            "192.0.2.1/32"
        );
        assert_eq!(
            parse_network("2001:db8::/32").unwrap().to_string(),
            "2001:db8::/32"
        );
        assert_eq!(parse_network("192.0.2.1/33"), None);
    }

    #[test]
    fn ipv4_in_ipv6_clothes_is_ipv4() {
        for (text, network) in [
            ("::ffff:127.0.0.1", "127.0.0.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:a00:1", "10.0.0.1/32"),
            ("::ffff:0.0.0.0/96", "0.0.0.0/0"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(parse_network(text).unwrap().to_string(), network, "{text}");
        }
        assert_eq!(parse_network("::ffff:10.0.0.0/8"), None);
    }

    #[test]
    fn origins_are_a_list() {
        let parse = |text| List::parse(text, parse_origin);
        assert_eq!(parse(" "), Ok(List(Vec::new())));
        let list = parse("https://a.example, http://localhost:5173").unwrap();
        assert_eq!(list.to_string(), "https://a.example,http://localhost:5173");
        for text in ["https://a.example,", "https://a.example,*"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_that_can_never_match_is_refused_with_the_one_that_does() {
        for (text, sent) in [
            ("https://a.example:443", "https://a.example"),
            ("http://a.example:80", "http://a.example"),
            ("https://a.example:08443", "https://a.example:8443"),
            ("https://a.example/", "https://a.example"),
            ("https://a.example/path", "https://a.example"),
            ("https://a.example?", "https://a.example"),
            ("https://A.example", "https://a.example"),
            ("HTTPS://a.example", "https://a.example"),
            ("https://user:hunter2@a.example", "https://a.example"),
            (
                "https://b\u{fc}cher.example",
                "https://xn--bcher-kva.example",
            ),
            ("http://127.1:8080", "http://127.0.0.1:8080"),
            ("http://[0::1]", "http://[::1]"),
        ] {
            let expected = parse_origin(text).unwrap_err();
            assert!(expected.ends_with(&format!(" as {sent}")), "{expected}");
            assert_eq!(parse_origin(sent).as_deref(), Ok(sent));
        }
        let pattern = parse_origin("https://*.example.org").unwrap_err();
        assert!(pattern.contains("cannot be `*`"), "{pattern}");
    }

    #[test]
    fn what_no_browser_sends_is_no_origin() {
        for text in [
            "a.example",
            "https://",
            "https://a.example:65536",
            "ftp://a.example",
            "null",
        ] {
            assert!(parse_origin(text).is_err(), "{text}");
        }
    }
}
