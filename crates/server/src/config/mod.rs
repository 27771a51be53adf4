//! The configuration: read once, at start, from sources that are passed in.
//!
//! What belongs here: one struct for each concern, what its settings are called and mean,
//! what they may be and what they are by default. What does not: acting on them.
//! Whoever adds a setting adds it to the struct of its concern, and to nothing else:
//! flags, help texts, `hexpress config` and docs/configuration.md are made from it.

mod app_env;
mod auth;
mod cache;
mod database;
mod error;
mod http;
mod limits;
mod log;
mod order;
mod origin;
mod reader;
pub mod report;
mod setting;
mod source;

pub use app_env::AppEnv;
pub use auth::AuthConfig;
pub use cache::CacheConfig;
pub use database::{AUTO_MIGRATE, DATABASE_URL, DatabaseConfig, DatabaseTarget};
pub use error::ConfigError;
pub use http::{HOST, HttpConfig, PORT, ShutdownConfig};
pub use limits::LimitsConfig;
pub use log::{LOG_LEVEL, LogConfig, LogFormat};
pub use order::OrderConfig;
pub use origin::Origin;
pub use setting::{Effective, Flag, Setting};
pub use source::{Flags, Sources, environment, read_dot_env};

use reader::Reader;

/// All that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    /// What the program runs for.
    pub app_env: AppEnv,
    /// How requests are taken.
    pub http: HttpConfig,
    /// How much is taken on.
    pub limits: LimitsConfig,
    /// How the server stops.
    pub shutdown: ShutdownConfig,
    /// How the database is reached.
    pub database: DatabaseConfig,
    /// What reads leave in memory.
    pub cache: CacheConfig,
    /// How users prove who they are.
    pub auth: AuthConfig,
    /// How long orders and their keys wait.
    pub orders: OrderConfig,
    /// What is logged, and how.
    pub log: LogConfig,
}

/// A configuration, and how it came about.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Each setting with its origin, secrets masked.
    pub settings: Vec<Effective>,
    /// Settings that somebody has set, and that nothing depends on.
    pub ignored: Vec<&'static str>,
    /// Names in the `.env` file that are no settings.
    pub unknown: Vec<String>,
}

impl Config {
    /// Reads every setting.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for the first one that is not allowed.
    pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
        let mut reader = Reader::new(sources)?;
        let http = HttpConfig::read(&mut reader)?;
        let config = Self {
            app_env: reader.app_env(),
            limits: LimitsConfig::read(&mut reader)?,
            shutdown: ShutdownConfig::read(&mut reader)?,
            database: DatabaseConfig::read(&mut reader, http.request_timeout)?,
            cache: CacheConfig::read(&mut reader)?,
            auth: AuthConfig::read(&mut reader)?,
            orders: OrderConfig::read(&mut reader)?,
            log: LogConfig::read(&mut reader)?,
            http,
        };
        let settings = reader.into_settings();
        let is_known = |name: &&String| {
            let mut names = settings
                .iter()
                .flat_map(|known| [Some(known.setting.name), known.setting.file]);
            names.any(|known| known == Some(name.as_str()))
        };
        let unknown = sources.dot_env.keys().filter(|name| !is_known(name));
        let ignored = settings.iter().filter(|known| known.is_ignored());
        Ok(Loaded {
            config,
            ignored: ignored.map(|known| known.setting.name).collect(),
            unknown: unknown.cloned().collect(),
            settings,
        })
    }
}

#[cfg(test)]
mod document;
#[cfg(test)]
mod tests;
