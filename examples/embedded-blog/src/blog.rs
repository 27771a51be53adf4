use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hexpress_app::auth::{AuthPorts, AuthService};
use hexpress_app::health::HealthService;
use hexpress_app::order::{OrderPolicy, OrderService};
use hexpress_app::post::{PostPorts, PostService};
use hexpress_app::product::{ProductPorts, ProductService};
use hexpress_app::user::{UserPorts, UserService};
use hexpress_domain::auth::SessionPolicy;
use hexpress_domain::clock::IdGenerator;
use hexpress_infra::auth::{DieselLoginGuard, DieselTokenRepository};
use hexpress_infra::database::{
    self, Database, DatabaseOptions, DatabaseProbe, DatabaseUrl, MigrationError, OpenError,
};
use hexpress_infra::order::{DieselOrderRepository, QueueingOrderRepository};
use hexpress_infra::post::{BufferedViewCounter, DieselPostRepository, DieselViewRepository};
use hexpress_infra::product::DieselProductRepository;
use hexpress_infra::security::{
    Argon2Hasher, Argon2Settings, Argon2SettingsError, RandomTokenMint, SystemClock,
    UuidV7Generator,
};
use hexpress_infra::user::DieselUserRepository;
use hexpress_web::{Api, HttpMetrics, LimitSettings, Limits, RenderCache, Settings};

/// How many wrong passwords a minute takes of one client for one account.
const LOGIN_LIMIT_PER_MINUTE: u32 = 10;

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
        let options = DatabaseOptions::new(url);
        let lock_timeout = options.lock_timeout;
        let database = database::open(options).await?;
        database.migrator().up().await?;

        let (clock, ids) = (Arc::new(SystemClock), Arc::new(UuidV7Generator));
        let users = Arc::new(DieselUserRepository::new(database.clone()));
        let posts = Arc::new(DieselPostRepository::new(database.clone()));
        let view_batches = Arc::new(DieselViewRepository::new(database.clone()));
        let views = Arc::new(BufferedViewCounter::start(
            view_batches.clone(),
            clock.clone(),
            ids.clone(),
        ));
        let hasher = Arc::new(Argon2Hasher::new(&Argon2Settings::default())?);
        let guard = Arc::new(DieselLoginGuard::new(
            database.clone(),
            LOGIN_LIMIT_PER_MINUTE,
        ));
        let products = Arc::new(DieselProductRepository::new(database.clone()));
        let orders = QueueingOrderRepository::new(
            Arc::new(DieselOrderRepository::new(database.clone())),
            lock_timeout,
        );

        let auth = AuthPorts {
            users: users.clone(),
            tokens: Arc::new(DieselTokenRepository::new(database.clone())),
            hasher: hasher.clone(),
            mint: Arc::new(RandomTokenMint),
            guard: guard.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let post_ports = PostPorts {
            posts: posts.clone(),
            reader: posts.clone(),
            views: views.clone(),
            view_batches,
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let user_ports = UserPorts {
            users,
            posts,
            hasher,
            guard,
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let api = Api {
            auth: Arc::new(AuthService::new(auth, SessionPolicy::default())),
            users: Arc::new(UserService::new(user_ports)),
            posts: Arc::new(PostService::new(post_ports)),
            products: Arc::new(ProductService::new(ProductPorts {
                products: products.clone(),
                reader: products,
                clock: clock.clone(),
                ids: ids.clone(),
            })),
            orders: Arc::new(OrderService::new(
                Arc::new(orders),
                clock.clone(),
                ids,
                OrderPolicy::default(),
            )),
            health: Arc::new(HealthService::new(
                Arc::new(DatabaseProbe::new(database.clone())),
                clock,
            )),
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
        self.api.auth.sweep().await?;
        self.api.posts.sweep().await?;
        self.api.orders.sweep().await?;
        Ok(())
    }

    /// Counts the last views and finishes the writes that were begun, but waits no longer than the
    /// limit; to be called when no request comes any more. Tells whether all was done.
    pub async fn close(&self, limit: Duration) -> bool {
        let counted = self.views.close(limit).await;
        self.database.close(limit).await && counted
    }
}
