use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use tokio_postgres::config::{self, SslMode as DriverSslMode, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::{ChannelBinding, PostgresHost, PostgresUrl, SslMode, TargetSession};
use crate::open_error::OpenError;
use crate::options::DatabaseOptions;
use crate::postgres::{commands, tls};

const APPLICATION_NAME: &str = "hexpress";

// A peer that vanished is noticed within a minute, also while nobody uses the connection.
const KEEPALIVES_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVES_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVES_RETRIES: u32 = 3;

/// Makes connections to one PostgreSQL database, each with its time limits set.
#[derive(Clone)]
pub(crate) struct Connector {
    config: Config,
    /// How long the servers may take to let somebody in.
    limit: Duration,
    tls: Option<MakeRustlsConnect>,
    address: String,
    role: String,
    name: String,
    ssl_mode: SslMode,
    /// Parameters of the URL that mean nothing here.
    ignored: Vec<String>,
}

/// How long the server may work or wait on behalf of a connection.
struct Limits {
    statement: Duration,
    lock: Duration,
    idle_in_transaction: Duration,
}

impl Connector {
    /// For connections that serve requests.
    pub(crate) fn new(url: &PostgresUrl, options: &DatabaseOptions) -> Result<Self, OpenError> {
        let limits = Limits {
            statement: options.statement_timeout,
            lock: options.lock_timeout,
            idle_in_transaction: options.idle_in_transaction_timeout,
        };
        Self::with_limits(url, options, &limits)
    }

    /// For the connection that runs migrations: a statement may take its time, but
    /// waits no longer for a lock than others, who would wait behind it.
    pub(crate) fn for_migrations(
        url: &PostgresUrl,
        options: &DatabaseOptions,
    ) -> Result<Self, OpenError> {
        let limits = Limits {
            statement: Duration::ZERO,
            lock: options.lock_timeout,
            idle_in_transaction: options.idle_in_transaction_timeout,
        };
        Self::with_limits(url, options, &limits)
    }

    fn with_limits(
        url: &PostgresUrl,
        options: &DatabaseOptions,
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let ssl_mode = effective_ssl_mode(url, options.ssl_mode_default);
        let tls = tls::connector(ssl_mode, url.ssl_root_cert.as_deref())?;
        let limit = url.connect_timeout.unwrap_or(options.acquire_timeout);
        let hosts = u32::try_from(url.hosts.len()).unwrap_or(u32::MAX);
        // Whoever waits for a connection gives up after that time: the last host has its part of it.
        let limit = match hosts {
            1 => limit,
            _ => limit.min(options.acquire_timeout / hosts.saturating_add(1)),
        };
        let mut config = Config::new();
        for server in &url.hosts {
            config.host(&server.host).port(server.port);
        }
        let keepalives = url.keepalives;
        config
            .dbname(&url.name)
            .application_name(url.application_name.as_deref().unwrap_or(APPLICATION_NAME))
            .connect_timeout(limit)
            .keepalives(keepalives.are_sent.unwrap_or(true))
            .keepalives_idle(keepalives.idle.unwrap_or(KEEPALIVES_IDLE))
            .keepalives_interval(keepalives.interval.unwrap_or(KEEPALIVES_INTERVAL))
            .keepalives_retries(keepalives.count.unwrap_or(KEEPALIVES_RETRIES))
            .channel_binding(match url.channel_binding {
                Some(ChannelBinding::Disable) => config::ChannelBinding::Disable,
                Some(ChannelBinding::Require) => config::ChannelBinding::Require,
                Some(ChannelBinding::Prefer) | None => config::ChannelBinding::Prefer,
            })
            .target_session_attrs(match url.target_session {
                Some(TargetSession::ReadWrite) => TargetSessionAttrs::ReadWrite,
                Some(TargetSession::Any) | None => TargetSessionAttrs::Any,
            })
            .options(session_options(url, limits))
            .ssl_mode(match ssl_mode {
                SslMode::Disable => DriverSslMode::Disable,
                SslMode::Prefer => DriverSslMode::Prefer,
                SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                    DriverSslMode::Require
                }
            });
        if let Some(timeout) = keepalives.user_timeout {
            config.tcp_user_timeout(timeout);
        }
        if let Some(user) = &url.user {
            config.user(user);
        }
        if let Some(password) = &url.password {
            config.password(password);
        }
        Ok(Self {
            config,
            limit: limit.saturating_mul(hosts),
            tls,
            address: url.addresses(),
            role: url.user.as_ref().map_or_else(
                || "the system's user".to_owned(),
                |user| format!("\"{user}\""),
            ),
            name: url.name.clone(),
            ssl_mode,
            ignored: url.ignored.clone(),
        })
    }

    pub(crate) async fn connect(&self) -> Result<AsyncPgConnection, ConnectError> {
        // The driver's own limit ends when the network has answered.
        tokio::time::timeout(self.limit, self.log_in())
            .await
            .unwrap_or(Err(ConnectError::Silence(self.limit)))
    }

    async fn log_in(&self) -> Result<AsyncPgConnection, ConnectError> {
        let connection = match self.tls.clone() {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls).await?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
        };
        Ok(connection?)
    }

    /// Connects once, to find out what to tell whoever starts the program.
    pub(crate) async fn check(&self) -> Result<(), OpenError> {
        for parameter in &self.ignored {
            tracing::warn!(
                parameter,
                "a parameter of the database's URL means nothing here"
            );
        }
        let connection = self.connect().await.map_err(|error| self.explain(&error))?;
        let (encoding, language, letters) =
            commands::encoding_language_and_letters(&mut &connection)
                .await
                .map_err(|error| OpenError::Refused {
                    address: self.address.clone(),
                    reason: error.to_string(),
                })?;
        if encoding != "UTF8" {
            return Err(OpenError::Encoding {
                name: self.name.clone(),
                encoding,
            });
        }
        if !is_english(&language) {
            tracing::warn!(
                lc_messages = language,
                "PostgreSQL's messages are not in English: deadlocks and timeouts will pass for \
                 internal errors; have a superuser run ALTER ROLE … SET lc_messages = 'C'"
            );
        }
        if has_ascii_letters_alone(&letters) {
            tracing::warn!(
                lc_ctype = letters,
                "the database knows no letters but ASCII's: searches for other words read \
                 whole tables; make it anew with LC_CTYPE 'C.UTF-8'"
            );
        }
        Ok(())
    }

    /// What to tell whoever starts the program.
    pub(crate) fn explain(&self, error: &ConnectError) -> OpenError {
        let address = self.address.clone();
        let error = match error {
            ConnectError::Driver(error) => error,
            ConnectError::Silence(_) => {
                return OpenError::Unreachable {
                    address,
                    reason: error.to_string(),
                };
            }
            ConnectError::Setup(error) => {
                return OpenError::Refused {
                    address,
                    reason: error.to_string(),
                };
            }
        };
        let reason = innermost(error);
        let Some(code) = error.code() else {
            // The driver tells faults of TLS by their text alone.
            if error.to_string().contains("TLS") {
                return OpenError::TlsRefused {
                    address,
                    mode: self.ssl_mode.to_string(),
                    reason,
                };
            }
            return if error.to_string().contains("authentication") {
                OpenError::Credentials {
                    address,
                    role: self.role.clone(),
                    reason,
                }
            } else {
                OpenError::Unreachable { address, reason }
            };
        };
        let code = code.clone();
        if code == SqlState::INVALID_PASSWORD
            || code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
        {
            OpenError::Credentials {
                address,
                role: self.role.clone(),
                reason,
            }
        } else if code == SqlState::INVALID_CATALOG_NAME {
            OpenError::NoDatabase {
                address,
                name: self.name.clone(),
            }
        } else if code == SqlState::TOO_MANY_CONNECTIONS
            || code == SqlState::CANNOT_CONNECT_NOW
            || code == SqlState::ADMIN_SHUTDOWN
        {
            OpenError::Busy { address, reason }
        } else {
            OpenError::Refused { address, reason }
        }
    }
}

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error(transparent)]
    Driver(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Setup(#[from] ConnectionError),
    #[error("no answer within {} ms", .0.as_millis())]
    Silence(Duration),
}

fn effective_ssl_mode(url: &PostgresUrl, default: SslMode) -> SslMode {
    if url.hosts.iter().all(PostgresHost::is_socket) {
        // PostgreSQL has no TLS on Unix sockets.
        return SslMode::Disable;
    }
    match url.ssl_mode {
        Some(mode) => mode,
        None if url.is_local() => SslMode::Prefer,
        None => default,
    }
}

/// The limits come first, so that the URL's own options win.
fn session_options(url: &PostgresUrl, limits: &Limits) -> String {
    let mut options = format!(
        "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={}",
        limits.statement.as_millis(),
        limits.lock.as_millis(),
        limits.idle_in_transaction.as_millis()
    );
    if let Some(own) = &url.options {
        options.push(' ');
        options.push_str(own);
    }
    options
}

/// Errors without an SQLSTATE are told by their texts (see `error`).
fn is_english(lc_messages: &str) -> bool {
    let language = lc_messages.split(['_', '.']).next().unwrap_or_default();
    matches!(language, "" | "C" | "POSIX" | "en" | "English")
}

/// What `pg_trgm` takes for letters then, whatever the encoding.
fn has_ascii_letters_alone(lc_ctype: &str) -> bool {
    matches!(lc_ctype, "C" | "POSIX")
}

/// The driver's own texts say little; what went wrong stands at the end of the chain.
fn innermost(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return error.message().to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::DatabaseUrl;

    fn url(text: &str) -> PostgresUrl {
        match text.parse().unwrap() {
            DatabaseUrl::Postgres(url) => *url,
            DatabaseUrl::Sqlite(_) => panic!("{text} is SQLite"),
        }
    }

    #[test]
    fn the_default_sslmode_is_for_other_machines() {
        for (text, mode) in [
            ("postgres://db.example.org/a", SslMode::VerifyFull),
            (
                "postgres://db.example.org/a?sslmode=require",
                SslMode::Require,
            ),
            ("postgres://localhost/a", SslMode::Prefer),
            (
                "postgres://127.0.0.1/a?sslmode=verify-ca",
                SslMode::VerifyCa,
            ),
            (
                "postgres://%2Frun%2Fpostgresql/a?sslmode=require",
                SslMode::Disable,
            ),
        ] {
            assert_eq!(
                effective_ssl_mode(&url(text), SslMode::VerifyFull),
                mode,
                "{text}"
            );
        }
    }

    #[test]
    fn the_c_locale_knows_ascii_letters_alone() {
        assert!(has_ascii_letters_alone("C") && has_ascii_letters_alone("POSIX"));
        for other in ["C.UTF-8", "en_US.UTF-8", "C.utf8"] {
            assert!(!has_ascii_letters_alone(other), "{other}");
        }
    }

    #[test]
    fn only_english_messages_are_understood() {
        for english in [
            "",
            "C",
            "C.UTF-8",
            "POSIX",
            "en_US.UTF-8",
            "English_United States.1252",
        ] {
            assert!(is_english(english), "{english}");
        }
        for other in ["de_DE.UTF-8", "fr_FR", "ru_RU.KOI8-R"] {
            assert!(!is_english(other), "{other}");
        }
    }

    #[test]
    fn every_session_has_its_limits_and_the_options_of_the_url() {
        let limits = Limits {
            statement: Duration::from_secs(10),
            lock: Duration::from_millis(1500),
            idle_in_transaction: Duration::from_secs(3),
        };
        assert_eq!(
            session_options(
                &url("postgres://db/a?options=-c%20search_path%3Dshop"),
                &limits
            ),
            "-c statement_timeout=10000 -c lock_timeout=1500 \
             -c idle_in_transaction_session_timeout=3000 -c search_path=shop"
        );
    }
}
