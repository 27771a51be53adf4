//! Puts the parts together: the database, the adapters on it, the use cases on
//! them, and the routes on those.

use std::sync::Arc;

use axum::Router;
use hexpress_app::{Policy, Services};
use hexpress_domain::clock::IdGenerator;
use hexpress_infra::database::{self, Database, DatabaseUrl, MigrationState, SqliteLocation};
use hexpress_infra::maintenance::copy::{self, CopyError};
use hexpress_infra::security::UuidV7Generator;
use hexpress_infra::{AdapterOptions, Adapters, adapters};
use hexpress_web::{Api, HttpMetrics, Limits, RenderCache, Settings};
use tempfile::TempDir;
use tracing::{info, warn};

use crate::config::{AppEnv, Config, DatabaseConfig, DatabaseTarget};
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::telemetry::DroppedLines;

/// An open database.
pub struct Store {
    pub database: Database,
    /// Where a temporary one lives, until it is dropped.
    _folder: Option<TempDir>,
}

/// The use cases on their adapters, and what is watched of them.
pub struct Parts {
    pub services: Services,
    pub adapters: Adapters,
    http_metrics: HttpMetrics,
    render_cache: RenderCache,
}

impl Store {
    /// Opens the database, whatever its schema.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, Failure> {
        let (url, folder) = match &config.target {
            DatabaseTarget::Url(url) => (url.clone(), None),
            DatabaseTarget::Temporary => {
                let folder = tempfile::Builder::new().prefix("hexpress-").tempdir()?;
                let file = folder.path().join("hexpress.db");
                let url = DatabaseUrl::Sqlite(SqliteLocation::File(file));
                (url, Some(folder))
            }
        };
        let database = database::open(config.options(url)).await;
        Ok(Self {
            database: database.map_err(|error| Failure::to_open(&error, config.named_by))?,
            _folder: folder,
        })
    }

    /// Opens the database and sees to it that no migration is pending.
    pub async fn open_migrated(config: &DatabaseConfig) -> Result<Self, Failure> {
        let store = Self::open(config).await?;
        let migrator = store.database.migrator();
        let mut pending = 0_usize;
        for migration in migrator.status().await? {
            match migration.state {
                MigrationState::Applied => {}
                MigrationState::Pending => pending += 1,
                MigrationState::Unknown => warn!(
                    version = migration.name,
                    "a newer version of the program has migrated the database"
                ),
            }
        }
        if pending > 0 && !config.auto_migrate {
            let way_out = if config.target.lasts() {
                "Run `hexpress migrate up`, or set AUTO_MIGRATE=true."
            } else {
                "Set AUTO_MIGRATE=true: no other process can reach this database."
            };
            return Err(Failure::Failed(format!(
                "migrations of {} are pending: {pending}\n{way_out}",
                store.database.url()
            )));
        }
        if pending > 0 {
            for name in migrator.up().await? {
                info!(name, "migrated");
            }
        }
        store.refuse_unfinished().await?;
        Ok(store)
    }

    /// What a copy has not finished is not whole: nobody should work on it.
    async fn refuse_unfinished(&self) -> Result<(), Failure> {
        let is_unfinished = copy::is_unfinished(&self.database).await;
        if is_unfinished.map_err(|error| Failure::of(&error))? {
            return Err(Failure::of(&CopyError::Unfinished));
        }
        Ok(())
    }
}

impl Parts {
    /// Builds the adapters and the use cases on a database, and begins to count views.
    pub fn new(config: &Config, database: &Database) -> Result<Self, Failure> {
        let options = AdapterOptions {
            argon2: config.auth.argon2,
            login_limit_per_minute: config.auth.login_limit_per_minute,
            cache: config.cache.options,
            // Whoever waits for a key waits for a lock, be it ours or the database's.
            key_timeout: config.database.lock_timeout,
        };
        let adapters = adapters(database, &options).map_err(|error| Failure::of(&error))?;
        let policy = Policy {
            sessions: config.auth.sessions,
            orders: config.orders.policy,
        };
        Ok(Self {
            services: Services::new(&adapters.ports, policy),
            adapters,
            http_metrics: HttpMetrics::default(),
            render_cache: RenderCache::new(config.cache.max_rendered_bytes),
        })
    }

    /// What can be read of the use cases, their database and the routes.
    pub fn metrics(&self, database: &Database, dropped: &DroppedLines) -> Metrics {
        let mut metrics = Metrics::new(
            &self.http_metrics,
            database,
            &self.adapters.cache,
            &self.render_cache,
            &self.adapters.hasher,
            &self.adapters.views,
        );
        metrics.watch_log(dropped);
        metrics
    }

    /// The routes on these use cases.
    pub fn router(&self, config: &Config) -> Router {
        let Config { http, limits, .. } = config;
        let further = Router::new();
        #[cfg(feature = "probe")]
        let further = further.merge(crate::probe::routes());
        let api = Api {
            services: self.services.clone(),
            limits: Arc::new(Limits::new(&limits.counts)),
            metrics: self.http_metrics.clone(),
            render_cache: self.render_cache.clone(),
            settings: Arc::new(Settings {
                base_path: String::new(),
                request_timeout: http.request_timeout,
                body_read_timeout: http.body_read_timeout,
                post_body_limit: limits.post_body,
                strict_transport_security: config.app_env == AppEnv::Production,
                cors_origins: http.cors_origins.clone(),
                trusted_proxies: http.trusted_proxies.clone(),
                request_id: Box::new(|| UuidV7Generator.uuid().to_string()),
            }),
        };
        #[cfg(feature = "probe")]
        let layers = crate::probe::layers(&api);
        let router = hexpress_web::router_with(api, further);
        #[cfg(feature = "probe")]
        let router = router.merge(layers);
        #[cfg(feature = "otel")]
        let router = crate::telemetry::otel::continue_traces(router);
        router
    }
}
