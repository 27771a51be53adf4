use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hexpress_app::{Policy, Services};
use hexpress_domain::clock::IdGenerator;
use hexpress_infra::database::{
    self, Database, DatabaseOptions, DatabaseUrl, MigrationError, OpenError,
};
use hexpress_infra::post::BufferedViewCounter;
use hexpress_infra::security::{Argon2SettingsError, UuidV7Generator};
use hexpress_infra::{AdapterOptions, Adapters, adapters};
use hexpress_web::{Api, HttpMetrics, LimitSettings, Limits, RenderCache, Settings};

/// A blog on a database of its own.
pub struct Blog {
    database: Database,
    views: Arc<BufferedViewCounter>,
    api: Api,
}

/// Why there is no blog.
#[derive(Debug, thiserror::Error)]
pub enum BlogError {
    /// The database cannot be opened.
    #[error("the blog's database cannot be opened")]
    Open(#[from] OpenError),
    /// Its tables cannot be made.
    #[error("the blog's database cannot be migrated")]
    Migrate(#[from] MigrationError),
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Hasher(#[from] Argon2SettingsError),
}

impl Blog {
    /// Opens the blog's database, makes its tables where they are missing, and puts the adapters
    /// into the use cases and those into what the routes work with. `base_path` is where the
    /// router will be nested, for the addresses that clients are told.
    ///
    /// # Errors
    ///
    /// [`BlogError`].
    pub async fn open(url: DatabaseUrl, base_path: &str) -> Result<Self, BlogError> {
        let database = database::open(DatabaseOptions::new(url)).await?;
        database.migrator().up().await?;

        let Adapters { ports, views, .. } = adapters(&database, &AdapterOptions::default())?;
        let api = Api {
            services: Services::new(&ports, Policy::default()),
            limits: Arc::new(Limits::new(&LimitSettings::default())),
            metrics: HttpMetrics::default(),
            render_cache: RenderCache::default(),
            settings: Arc::new(Settings {
                base_path: base_path.to_owned(),
                ..Settings::new(|| UuidV7Generator.uuid().to_string())
            }),
        };
        Ok(Self {
            database,
            views,
            api,
        })
    }

    /// All routes, to be nested at the base path.
    pub fn router(&self) -> Router {
        hexpress_web::router(self.api.clone())
    }

    /// Removes what has expired: to be called every hour or so.
    ///
    /// # Errors
    ///
    /// As the use cases: next time they may succeed.
    pub async fn sweep(&self) -> Result<(), hexpress_app::Error> {
        self.api.services.auth.sweep().await?;
        self.api.services.posts.sweep().await?;
        self.api.services.orders.sweep().await?;
        Ok(())
    }

    /// Counts the last views and finishes the writes that were begun, but waits no longer than the
    /// limit; to be called when no request comes any more. Tells whether all was done.
    pub async fn close(&self, limit: Duration) -> bool {
        let counted = self.views.close(limit).await;
        self.database.close(limit).await && counted
    }
}
