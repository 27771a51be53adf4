//! Puts the parts together: the database, the adapters on it, the use cases on
//! them, and the routes on those.

use std::sync::Arc;

use axum::Router;
use hexpress_app::auth::{AuthPorts, AuthService};
use hexpress_app::health::HealthService;
use hexpress_app::order::OrderService;
use hexpress_app::product::ProductService;
use hexpress_app::user::UserService;
use hexpress_domain::auth::{LoginGuard, PasswordHasher};
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::user::UserRepository;
use hexpress_infra::auth::{DieselLoginGuard, DieselTokenRepository};
use hexpress_infra::database::{Database, DatabaseUrl, MigrationState, SqliteLocation};
use hexpress_infra::order::{DieselOrderRepository, QueueingOrderRepository};
use hexpress_infra::product::DieselProductRepository;
use hexpress_infra::security::{Argon2Hasher, RandomTokenMint, SystemClock, UuidV7Generator};
use hexpress_infra::user::DieselUserRepository;
use hexpress_web::{Api, Settings};
use tempfile::TempDir;
use tracing::{info, warn};

use crate::config::{Config, DatabaseConfig, DatabaseTarget, HttpConfig};
use crate::failure::Failure;

/// An open database.
pub struct Store {
    pub database: Database,
    /// Where a temporary one lives, until it is dropped.
    _folder: Option<TempDir>,
}

/// The use cases.
#[derive(Clone)]
pub struct Services {
    pub auth: Arc<AuthService>,
    pub users: Arc<UserService>,
    pub products: Arc<ProductService>,
    pub orders: Arc<OrderService>,
    pub health: Arc<HealthService>,
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
            database: Database::open(config.options(url)).await?,
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
        Ok(store)
    }
}

impl Services {
    /// Builds the use cases on a database.
    pub fn new(config: &Config, database: &Database) -> Result<Self, Failure> {
        let hasher = Argon2Hasher::new(&config.auth.argon2).map_err(|error| Failure::of(&error))?;
        let hasher: Arc<dyn PasswordHasher> = Arc::new(hasher);
        let guard = DieselLoginGuard::new(database.clone(), config.auth.login_limit_per_minute);
        let guard: Arc<dyn LoginGuard> = Arc::new(guard);
        let users: Arc<dyn UserRepository> = Arc::new(DieselUserRepository::new(database.clone()));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdGenerator> = Arc::new(UuidV7Generator);
        let auth = AuthPorts {
            users: Arc::clone(&users),
            tokens: Arc::new(DieselTokenRepository::new(database.clone())),
            hasher: Arc::clone(&hasher),
            mint: Arc::new(RandomTokenMint),
            guard: Arc::clone(&guard),
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
        };
        let products = Arc::new(DieselProductRepository::new(database.clone()));
        let orders = Arc::new(DieselOrderRepository::new(database.clone()));
        // Whoever waits for a key waits for a lock, be it ours or the database's.
        let orders = QueueingOrderRepository::new(orders, config.database.lock_timeout);
        let products = ProductService::new(products, Arc::clone(&clock), Arc::clone(&ids));
        let orders = OrderService::new(
            Arc::new(orders),
            Arc::clone(&clock),
            Arc::clone(&ids),
            config.orders.policy,
        );
        let health = HealthService::new(Arc::new(database.clone()), Arc::clone(&clock));
        Ok(Self {
            auth: Arc::new(AuthService::new(auth, config.auth.sessions)),
            users: Arc::new(UserService::new(users, hasher, guard, clock, ids)),
            products: Arc::new(products),
            orders: Arc::new(orders),
            health: Arc::new(health),
        })
    }

    /// The routes on these use cases.
    pub fn router(&self, config: &HttpConfig) -> Router {
        hexpress_web::router(Api {
            auth: Arc::clone(&self.auth),
            users: Arc::clone(&self.users),
            products: Arc::clone(&self.products),
            orders: Arc::clone(&self.orders),
            health: Arc::clone(&self.health),
            settings: Arc::new(Settings {
                base_path: String::new(),
                request_timeout: config.request_timeout,
                body_read_timeout: config.body_read_timeout,
                cors_origins: config.cors_origins.clone(),
                trusted_proxies: config.trusted_proxies.clone(),
                request_id: Box::new(|| UuidV7Generator.uuid().to_string()),
            }),
        })
    }
}
