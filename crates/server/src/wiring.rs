//! Puts the parts together: the database, the adapters on it, the use cases on
//! them, and the routes on those.

use std::sync::Arc;

use axum::Router;
use hexpress_app::auth::{AuthPorts, AuthService};
use hexpress_app::health::HealthService;
use hexpress_app::order::OrderService;
use hexpress_app::post::{PostPorts, PostService};
use hexpress_app::product::{ProductPorts, ProductService};
use hexpress_app::user::{UserPorts, UserService};
use hexpress_domain::auth::LoginGuard;
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::post::{PostReader, PostRepository, ViewRepository};
use hexpress_domain::user::UserRepository;
use hexpress_infra::auth::{DieselLoginGuard, DieselTokenRepository};
use hexpress_infra::cache::Cache;
use hexpress_infra::database::{
    self, Database, DatabaseProbe, DatabaseUrl, MigrationState, SqliteLocation,
};
use hexpress_infra::maintenance::copy::{self, CopyError};
use hexpress_infra::order::{DieselOrderRepository, QueueingOrderRepository};
use hexpress_infra::post::{BufferedViewCounter, DieselPostRepository, DieselViewRepository};
use hexpress_infra::product::DieselProductRepository;
use hexpress_infra::security::{Argon2Hasher, RandomTokenMint, SystemClock, UuidV7Generator};
use hexpress_infra::user::DieselUserRepository;
use hexpress_web::{Api, HttpMetrics, Limits, Settings};
use tempfile::TempDir;
use tracing::{info, warn};

use crate::config::{AppEnv, Config, DatabaseConfig, DatabaseTarget};
use crate::failure::Failure;
use crate::metrics::Metrics;

/// An open database.
pub struct Store {
    pub database: Database,
    /// Where a temporary one lives, until it is dropped.
    _folder: Option<TempDir>,
}

/// The use cases, and what is watched of them.
#[derive(Clone)]
pub struct Services {
    pub auth: Arc<AuthService>,
    pub users: Arc<UserService>,
    pub posts: Arc<PostService>,
    /// Views that are yet to be stored.
    pub views: Arc<BufferedViewCounter>,
    pub products: Arc<ProductService>,
    pub orders: Arc<OrderService>,
    pub health: Arc<HealthService>,
    cache: Cache,
    hasher: Arc<Argon2Hasher>,
    http_metrics: HttpMetrics,
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
        Ok(Self {
            database: database::open(config.options(url)).await?,
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

/// The adapters that several use cases share.
struct Shared {
    hasher: Arc<Argon2Hasher>,
    guard: Arc<dyn LoginGuard>,
    users: Arc<dyn UserRepository>,
    posts: Arc<dyn PostRepository>,
    post_reader: Arc<dyn PostReader>,
    cache: Cache,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl Shared {
    fn new(config: &Config, database: &Database) -> Result<Self, Failure> {
        let hasher = Argon2Hasher::new(&config.auth.argon2).map_err(|error| Failure::of(&error))?;
        let guard = DieselLoginGuard::new(database.clone(), config.auth.login_limit_per_minute);
        let cache = Cache::new(config.cache.options);
        let posts = Arc::new(DieselPostRepository::new(database.clone()));
        let (posts, post_reader) = cache.posts(posts);
        Ok(Self {
            hasher: Arc::new(hasher),
            guard: Arc::new(guard),
            users: cache.users(Arc::new(DieselUserRepository::new(database.clone()))),
            posts,
            post_reader,
            cache,
            clock: Arc::new(SystemClock),
            ids: Arc::new(UuidV7Generator),
        })
    }

    fn user_service(&self) -> UserService {
        UserService::new(UserPorts {
            users: Arc::clone(&self.users),
            posts: Arc::clone(&self.posts),
            hasher: Arc::<Argon2Hasher>::clone(&self.hasher),
            guard: Arc::clone(&self.guard),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
        })
    }
}

/// Builds the use cases of accounts alone. Nothing runs behind them, as the counting of views
/// does behind [`Services`].
pub fn user_service(config: &Config, database: &Database) -> Result<UserService, Failure> {
    Ok(Shared::new(config, database)?.user_service())
}

impl Services {
    /// Builds the use cases on a database, and begins to count views.
    pub fn new(config: &Config, database: &Database) -> Result<Self, Failure> {
        let shared = Shared::new(config, database)?;
        let user_service = shared.user_service();
        let Shared {
            hasher,
            guard,
            users,
            posts,
            post_reader,
            cache,
            clock,
            ids,
        } = shared;
        let view_batches: Arc<dyn ViewRepository> =
            Arc::new(DieselViewRepository::new(database.clone()));
        let products = Arc::new(DieselProductRepository::new(database.clone()));
        let (products, product_reader) = cache.products(products);
        let orders = cache.orders(Arc::new(DieselOrderRepository::new(database.clone())));
        // Whoever waits for a key waits for a lock, be it ours or the database's.
        let orders = QueueingOrderRepository::new(orders, config.database.lock_timeout);
        let views = Arc::new(BufferedViewCounter::start(
            Arc::clone(&view_batches),
            Arc::clone(&clock),
            Arc::clone(&ids),
        ));

        let auth = AuthPorts {
            users: Arc::clone(&users),
            tokens: cache.tokens(Arc::new(DieselTokenRepository::new(database.clone()))),
            hasher: Arc::<Argon2Hasher>::clone(&hasher),
            mint: Arc::new(RandomTokenMint),
            guard,
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
        };
        let post_ports = PostPorts {
            posts,
            reader: post_reader,
            views: views.clone(),
            view_batches,
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
        };
        let product_ports = ProductPorts {
            products,
            reader: product_reader,
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
        };
        let orders = OrderService::new(
            Arc::new(orders),
            Arc::clone(&clock),
            ids,
            config.orders.policy,
        );
        let health = HealthService::new(Arc::new(DatabaseProbe::new(database.clone())), clock);
        Ok(Self {
            auth: Arc::new(AuthService::new(auth, config.auth.sessions)),
            users: Arc::new(user_service),
            posts: Arc::new(PostService::new(post_ports)),
            views,
            products: Arc::new(ProductService::new(product_ports)),
            orders: Arc::new(orders),
            health: Arc::new(health),
            cache,
            hasher,
            http_metrics: HttpMetrics::default(),
        })
    }

    /// What can be read of the use cases, their database and the routes.
    pub fn metrics(&self, database: &Database) -> Metrics {
        Metrics::new(
            &self.http_metrics,
            database,
            &self.cache,
            &self.hasher,
            &self.views,
        )
    }

    /// The routes on these use cases.
    pub fn router(&self, config: &Config) -> Router {
        let Config { http, limits, .. } = config;
        let further = Router::new();
        #[cfg(feature = "probe")]
        let further = further.merge(crate::probe::routes());
        let api = Api {
            auth: Arc::clone(&self.auth),
            users: Arc::clone(&self.users),
            posts: Arc::clone(&self.posts),
            products: Arc::clone(&self.products),
            orders: Arc::clone(&self.orders),
            health: Arc::clone(&self.health),
            limits: Arc::new(Limits::new(&limits.counts)),
            metrics: self.http_metrics.clone(),
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
