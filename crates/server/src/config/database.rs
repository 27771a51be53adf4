use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use hexpress_infra::database::{
    DatabaseOptions, DatabaseUrl, PostgresUrl, SqliteLocation, SslMode, Synchronous,
};

use super::reader::{MASK, Reader};
use super::{AppEnv, ConfigError, Flag, Origin, Setting};

/// Which database.
pub const DATABASE_URL: Setting = Setting::new(
    "DATABASE_URL",
    "`sqlite://PATH`, `sqlite://:memory:` or `postgres://user:password@host:5432/name`, with the \
     parameters that are listed below. As a flag it can be seen by others: a password is safer \
     in the environment or in a file",
)
.with_default_in_words("`sqlite://data/hexpress.db` / a temporary file / none, must be set")
.with_file("DATABASE_URL_FILE")
.with_flag(Flag::global("database-url", "URL"));
/// Whether pending migrations are run at start.
pub const AUTO_MIGRATE: Setting = Setting::new(
    "AUTO_MIGRATE",
    "run pending migrations at start, under a lock, so that any number of instances may start at \
     once",
)
.with_default_in_words("SQLite `true`, PostgreSQL `false` / `true` / `false`")
.with_flag(Flag::switch("auto-migrate", "BOOL"));

const URL_FORMS: &str =
    "sqlite://PATH, sqlite://:memory: or postgres://user:password@host:5432/name";

const SEARCH_CONNECTIONS: &str = "SEARCH_CONNECTIONS";
const SEARCH_TIMEOUT: &str = "SEARCH_TIMEOUT_MS";

const DB_HOST: &str = "DB_HOST";
const DB_NAME: &str = "DB_NAME";

/// The database's name where only its host is set.
const DEFAULT_NAME: &str = "hexpress";

/// How the database is reached.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// Which one.
    pub target: DatabaseTarget,
    /// The setting, settings or flag that say so, for messages.
    pub named_by: &'static str,
    /// Whether pending migrations are run at start.
    pub auto_migrate: bool,
    /// Connections at most.
    pub pool_max: usize,
    pool_min: usize,
    acquire_timeout: Duration,
    idle_timeout: Duration,
    statement_timeout: Duration,
    search_connections: usize,
    search_timeout: Duration,
    /// How long to wait for a lock.
    pub lock_timeout: Duration,
    idle_in_transaction_timeout: Duration,
    migrate_lock_timeout: Duration,
    ssl_mode_default: SslMode,
    sqlite_synchronous: Synchronous,
}

/// Which database is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseTarget {
    /// The one of this URL.
    Url(DatabaseUrl),
    /// An SQLite file of this process alone, made at start and removed at exit.
    Temporary,
}

impl DatabaseConfig {
    /// Reads the settings. Those who wait within a request must wait for less
    /// than `request_timeout`, or the request's end would hide theirs.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        request_timeout: Duration,
    ) -> Result<Self, ConfigError> {
        reader.section("Database");
        let (target, origin) = read_target(reader)?;
        let app_env = reader.app_env();
        let is_sqlite = match &target {
            DatabaseTarget::Url(url) => url.is_sqlite(),
            DatabaseTarget::Temporary => true,
        };
        let has_pool = target != DatabaseTarget::Url(DatabaseUrl::Sqlite(SqliteLocation::Memory));
        let pool_max = reader.whole(
            Setting::new("DB_POOL_MAX", "connections at most").used_if(has_pool),
            app_env.pick(5, 5, 20),
            1..=1000,
        )?;
        let pool_min = app_env.pick(0, 0, 5).min(pool_max);
        let pool_min = reader.whole(
            Setting::new(
                "DB_POOL_MIN",
                "connections that are kept open even when idle; open before the server says that \
                 it is ready",
            )
            .used_if(has_pool),
            pool_min,
            0..=1000,
        )?;
        let config = Self {
            target,
            named_by: match origin {
                Origin::Flag => "--database-url",
                Origin::Parts => "the DB_* settings",
                Origin::File => "DATABASE_URL_FILE",
                Origin::Environment | Origin::DotEnv | Origin::Default => DATABASE_URL.name,
            },
            auto_migrate: reader.value(
                AUTO_MIGRATE,
                app_env.pick(is_sqlite, true, false),
                "true or false",
                |text| text.parse().ok(),
            )?,
            pool_max,
            pool_min,
            acquire_timeout: reader.milliseconds(
                Setting::new(
                    "DB_ACQUIRE_TIMEOUT_MS",
                    "how long to wait for a connection, then 503",
                ),
                5_000,
                1,
            )?,
            idle_timeout: reader.milliseconds(
                Setting::new(
                    "DB_IDLE_TIMEOUT_MS",
                    "how long a connection above the minimum may be idle",
                )
                .used_if(has_pool),
                10_000,
                1,
            )?,
            statement_timeout: reader.milliseconds(
                Setting::new(
                    "DB_STATEMENT_TIMEOUT_MS",
                    "how long PostgreSQL works at one statement; SQLite has no such limit. A \
                     transaction that takes twice as long is given up with its connection",
                )
                .used_if(!is_sqlite),
                10_000,
                1,
            )?,
            search_connections: reader.whole(
                Setting::new(SEARCH_CONNECTIONS, "connections that searches take at most")
                    .used_if(has_pool)
                    .with_default_in_words("half of `DB_POOL_MAX`, at least 1"),
                (pool_max / 2).max(1),
                1..=1000,
            )?,
            search_timeout: reader.milliseconds(
                Setting::new(
                    SEARCH_TIMEOUT,
                    "how long PostgreSQL works at one statement of a search, then 503; SQLite has \
                     no such limit",
                )
                .used_if(!is_sqlite)
                .with_default_in_words("2000, or `DB_STATEMENT_TIMEOUT_MS` if that is less"),
                2_000,
                1,
            )?,
            lock_timeout: reader.milliseconds(
                Setting::new(
                    "DB_LOCK_TIMEOUT_MS",
                    "how long to wait for a lock; on SQLite, the busy timeout",
                ),
                5_000,
                1,
            )?,
            idle_in_transaction_timeout: reader.milliseconds(
                Setting::new(
                    "DB_IDLE_IN_TRANSACTION_TIMEOUT_MS",
                    "how long PostgreSQL leaves a transaction open in which nothing happens",
                )
                .used_if(!is_sqlite),
                10_000,
                1,
            )?,
            migrate_lock_timeout: reader.milliseconds(
                Setting::new(
                    "MIGRATE_LOCK_TIMEOUT_MS",
                    "how long to wait for another instance's migrations",
                ),
                600_000,
                1,
            )?,
            ssl_mode_default: reader.value(
                Setting::new(
                    "DB_SSLMODE_DEFAULT",
                    "the `sslmode` where the URL names none and the host is not this machine",
                )
                .used_if(!is_sqlite),
                app_env.pick(SslMode::Prefer, SslMode::Prefer, SslMode::VerifyFull),
                "one of disable, prefer, require, verify-ca, verify-full",
                |text| text.parse().ok(),
            )?,
            sqlite_synchronous: reader.value(
                Setting::new(
                    "SQLITE_SYNCHRONOUS",
                    "`full`: what was answered survives a loss of power; `normal`: the last \
                     commits may go; `off`: the file may",
                )
                .used_if(is_sqlite),
                app_env.pick(Synchronous::Full, Synchronous::Off, Synchronous::Full),
                "one of full, normal, off",
                |text| text.parse().ok(),
            )?,
        };
        config.check(reader, request_timeout)?;
        Ok(config)
    }

    fn check(&self, reader: &Reader<'_>, request_timeout: Duration) -> Result<(), ConfigError> {
        if self.pool_min > self.pool_max {
            let expected = format!("at most DB_POOL_MAX ({})", self.pool_max);
            return Err(reader.refuse("DB_POOL_MIN", expected));
        }
        if self.search_connections > self.pool_max {
            let expected = format!("at most DB_POOL_MAX ({})", self.pool_max);
            return Err(reader.refuse(SEARCH_CONNECTIONS, expected));
        }
        let is_set = reader.is_in_use(SEARCH_TIMEOUT) && reader.is_set(SEARCH_TIMEOUT);
        if is_set && self.search_timeout > self.statement_timeout {
            let limit = self.statement_timeout.as_millis();
            let expected = format!("at most DB_STATEMENT_TIMEOUT_MS ({limit})");
            return Err(reader.refuse(SEARCH_TIMEOUT, expected));
        }
        let waits = [
            ("DB_ACQUIRE_TIMEOUT_MS", self.acquire_timeout),
            ("DB_STATEMENT_TIMEOUT_MS", self.statement_timeout),
            ("DB_LOCK_TIMEOUT_MS", self.lock_timeout),
        ];
        let is_too_long = |(name, wait): &(&'static str, Duration)| {
            reader.is_in_use(name) && *wait >= request_timeout
        };
        match waits.into_iter().find(is_too_long) {
            None => Ok(()),
            Some((name, _)) => {
                let limit = request_timeout.as_millis();
                let expected = format!("less than REQUEST_TIMEOUT_MS ({limit})");
                Err(reader.refuse(name, expected))
            }
        }
    }

    /// The same for a command that does one thing and ends: it needs one connection.
    pub fn for_one_task(&self) -> Self {
        Self {
            pool_min: 0,
            ..self.clone()
        }
    }

    /// What the adapter wants to know, once it is settled which database is meant.
    pub fn options(&self, url: DatabaseUrl) -> DatabaseOptions {
        DatabaseOptions {
            url,
            pool_max: self.pool_max,
            pool_min: self.pool_min,
            acquire_timeout: self.acquire_timeout,
            idle_timeout: self.idle_timeout,
            statement_timeout: self.statement_timeout,
            search_connections: self.search_connections,
            search_timeout: self.search_timeout,
            lock_timeout: self.lock_timeout,
            idle_in_transaction_timeout: self.idle_in_transaction_timeout,
            migrate_lock_timeout: self.migrate_lock_timeout,
            ssl_mode_default: self.ssl_mode_default,
            sqlite_synchronous: self.sqlite_synchronous,
        }
    }
}

fn read_target(reader: &mut Reader<'_>) -> Result<(DatabaseTarget, Origin), ConfigError> {
    let url = reader.raw(DATABASE_URL)?;
    let has_parts = url.is_none() && [DB_HOST, DB_NAME].iter().any(|name| reader.is_set(name));
    let parts = read_parts(reader, has_parts)?;
    let (target, origin) = match url {
        Some((text, origin)) => (DatabaseTarget::Url(parse_url(&text, origin)?), origin),
        None if has_parts => (
            DatabaseTarget::Url(DatabaseUrl::Postgres(Box::new(parts))),
            Origin::Parts,
        ),
        None => (default_target(reader.app_env())?, Origin::Default),
    };
    reader.remember(DATABASE_URL, Some(target.to_string()), origin);
    Ok((target, origin))
}

/// The URL that the `DB_*` settings spell, where they are in use.
fn read_parts(reader: &mut Reader<'_>, are_in_use: bool) -> Result<PostgresUrl, ConfigError> {
    let host = reader.optional(
        Setting::new(
            DB_HOST,
            "the host of a PostgreSQL server. Where this or `DB_NAME` is set and `DATABASE_URL` \
             is not, the database is the one of these five settings; otherwise they are ignored",
        )
        .used_if(are_in_use),
        "a host's name or address, or the folder of a socket",
        parse_host,
    )?;
    let port = reader.optional(
        Setting::new("DB_PORT", "its port, 5432 if not set").used_if(are_in_use),
        "a whole number from 1 to 65535",
        |text| text.parse().ok().filter(|port: &u16| *port > 0),
    )?;
    let name = reader.optional(
        Setting::new(
            DB_NAME,
            "the database's name, `hexpress` if not set; in `test` it gets `_test` behind it",
        )
        .used_if(are_in_use),
        "a database's name, without `@`",
        |text| (!text.trim().is_empty() && !text.contains('@')).then(|| text.to_owned()),
    )?;
    let user = reader.optional(
        Setting::new("DB_USER", "the role to connect as").used_if(are_in_use),
        "a role's name",
        |text| (!text.trim().is_empty()).then(|| text.to_owned()),
    )?;
    let password = Setting::new("DB_PASSWORD", "the role's password")
        .with_file("DB_PASSWORD_FILE")
        .used_if(are_in_use);
    let password = reader.secret(password)?;
    let mut name = name.unwrap_or_else(|| DEFAULT_NAME.to_owned());
    if reader.app_env() == AppEnv::Test {
        name.push_str("_test");
    }
    Ok(PostgresUrl::from_parts(host, port, name, user, password))
}

/// A whole URL is none: it would be shown as part of another, its password with it.
fn parse_host(text: &str) -> Option<String> {
    let is_host = text.starts_with('/')
        || text.parse::<IpAddr>().is_ok()
        || (!text.trim().is_empty() && !text.contains(['@', ':', '/', '?', '#']));
    is_host.then(|| text.to_owned())
}

fn parse_url(text: &str, origin: Origin) -> Result<DatabaseUrl, ConfigError> {
    text.parse().map_err(|error| ConfigError::Value {
        name: DATABASE_URL.name,
        value: MASK.to_owned(),
        origin,
        expected: format!("{URL_FORMS}, but it {error}"),
    })
}

fn default_target(app_env: AppEnv) -> Result<DatabaseTarget, ConfigError> {
    match app_env {
        AppEnv::Development => Ok(DatabaseTarget::Url(DatabaseUrl::Sqlite(
            SqliteLocation::File("data/hexpress.db".into()),
        ))),
        AppEnv::Test => Ok(DatabaseTarget::Temporary),
        AppEnv::Production => Err(ConfigError::Missing {
            name: DATABASE_URL.name,
            expected: format!("{URL_FORMS} (or DB_HOST and DB_NAME) in production"),
        }),
    }
}

impl DatabaseTarget {
    /// Whether the database is still there when the process has ended.
    pub fn lasts(&self) -> bool {
        !matches!(
            self,
            Self::Temporary | Self::Url(DatabaseUrl::Sqlite(SqliteLocation::Memory))
        )
    }
}

impl fmt::Display for DatabaseTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => url.fmt(f),
            Self::Temporary => f.write_str("(a temporary SQLite file)"),
        }
    }
}
