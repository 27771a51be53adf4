use std::sync::Arc;
use std::time::Duration;

use hexpress_app::Ports;
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::post::ViewRepository;
use hexpress_domain::repository::RepositoryError;

use crate::auth::{DieselLoginGuard, DieselTokenRepository, QueueingLoginGuard};
use crate::cache::{Cache, CacheOptions};
use crate::database::{Database, DatabaseProbe};
use crate::order::{DieselOrderRepository, QueueingOrderRepository};
use crate::post::{BufferedViewCounter, DieselPostRepository, DieselViewRepository};
use crate::product::DieselProductRepository;
use crate::security::{
    Argon2Hasher, Argon2Settings, Argon2SettingsError, RandomTokenMint, SystemClock,
    UuidV7Generator,
};
use crate::user::DieselUserRepository;

/// How the adapters work. The default is what the program `hexpress` has in production.
#[derive(Debug, Clone, Copy)]
pub struct AdapterOptions {
    /// The cost of a password's hash.
    pub argon2: Argon2Settings,
    /// Wrong guesses in a minute for each pair of email and address; 0 is no limit.
    pub login_limit_per_minute: u32,
    /// What reads leave in memory.
    pub cache: CacheOptions,
    /// How long an order waits for another one that has its idempotency key.
    pub key_timeout: Duration,
}

/// How long a login waits for others of its account or address that are in flight: about what
/// a full queue of hashes takes.
const GUESS_PATIENCE: Duration = Duration::from_secs(5);

/// An adapter of every port, and those among them that a program watches or closes.
#[derive(Clone)]
pub struct Adapters {
    /// The adapters.
    pub ports: Ports,
    /// What the repositories and readers keep in memory.
    pub cache: Cache,
    /// The one that hashes passwords.
    pub hasher: Arc<Argon2Hasher>,
    /// Views that are yet to be stored: to be closed before the database.
    pub views: Arc<BufferedViewCounter>,
}

impl Adapters {
    /// Tells the hasher of the settings that the stored hashes were made with, so that from
    /// the first login on its time tells nothing of the account. Reads every user.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] where they cannot be read. Then the hasher learns them from the
    /// first login of an account with such a hash.
    pub async fn expect_stored_hashes(&self, database: &Database) -> Result<(), RepositoryError> {
        let users = DieselUserRepository::new(database.clone());
        for settings in users.hash_settings().await? {
            self.hasher.expect(&settings);
        }
        Ok(())
    }
}

impl Default for AdapterOptions {
    fn default() -> Self {
        Self {
            argon2: Argon2Settings::default(),
            login_limit_per_minute: 10,
            cache: CacheOptions::default(),
            key_timeout: Duration::from_secs(5),
        }
    }
}

/// Builds an adapter of every port on a database, and begins to count views, in a task
/// of the present Tokio runtime.
///
/// # Errors
///
/// [`Argon2SettingsError`] where argon2 does not take its settings.
pub fn adapters(
    database: &Database,
    options: &AdapterOptions,
) -> Result<Adapters, Argon2SettingsError> {
    let adapters = plain_adapters(database, options)?;
    let ports = cached(adapters.ports, &adapters.cache);
    let orders = QueueingOrderRepository::new(ports.orders, options.key_timeout);
    let clock = Arc::clone(&ports.clock);
    let guard = QueueingLoginGuard::new(ports.guard, clock, GUESS_PATIENCE);
    Ok(Adapters {
        ports: Ports {
            orders: Arc::new(orders),
            guard: Arc::new(guard),
            ..ports
        },
        ..adapters
    })
}

/// As [`adapters`], but all is read from the database: the cache stays empty, and neither
/// does an order wait for another one that has its key, nor a login for others in flight.
///
/// # Errors
///
/// [`Argon2SettingsError`] where argon2 does not take its settings.
pub fn plain_adapters(
    database: &Database,
    options: &AdapterOptions,
) -> Result<Adapters, Argon2SettingsError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn IdGenerator> = Arc::new(UuidV7Generator);
    let hasher = Arc::new(Argon2Hasher::new(&options.argon2)?);
    let guard = DieselLoginGuard::new(database.clone(), options.login_limit_per_minute);
    let posts = Arc::new(DieselPostRepository::new(database.clone()));
    let view_batches: Arc<dyn ViewRepository> =
        Arc::new(DieselViewRepository::new(database.clone()));
    let views = Arc::new(BufferedViewCounter::start(
        Arc::clone(&view_batches),
        Arc::clone(&clock),
        Arc::clone(&ids),
    ));
    let products = Arc::new(DieselProductRepository::new(database.clone()));
    let ports = Ports {
        users: Arc::new(DieselUserRepository::new(database.clone())),
        tokens: Arc::new(DieselTokenRepository::new(database.clone())),
        hasher: Arc::<Argon2Hasher>::clone(&hasher),
        mint: Arc::new(RandomTokenMint),
        guard: Arc::new(guard),
        posts: Arc::<DieselPostRepository>::clone(&posts),
        post_reader: posts,
        views: Arc::<BufferedViewCounter>::clone(&views),
        view_batches,
        products: Arc::<DieselProductRepository>::clone(&products),
        product_reader: products,
        orders: Arc::new(DieselOrderRepository::new(database.clone())),
        store: Arc::new(DatabaseProbe::new(database.clone())),
        clock,
        ids,
    };
    Ok(Adapters {
        ports,
        cache: Cache::new(options.cache),
        hasher,
        views,
    })
}

/// Puts a cache in front of the ports that can have one.
#[must_use]
pub fn cached(ports: Ports, cache: &Cache) -> Ports {
    let (posts, post_reader) = cache.posts(ports.posts);
    let (products, product_reader) = cache.products(ports.products);
    Ports {
        users: cache.users(ports.users),
        tokens: cache.tokens(ports.tokens),
        posts,
        post_reader,
        products,
        product_reader,
        orders: cache.orders(ports.orders),
        ..ports
    }
}
