use std::sync::Arc;

use hexpress_domain::auth::{
    LoginGuard, PasswordHasher, SessionPolicy, TokenMint, TokenRepository,
};
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::health::StoreProbe;
use hexpress_domain::order::OrderRepository;
use hexpress_domain::post::{PostReader, PostRepository, ViewCounter, ViewRepository};
use hexpress_domain::product::{ProductReader, ProductRepository};
use hexpress_domain::user::UserRepository;
#[cfg(feature = "mocks")]
use hexpress_domain::{
    auth::{MockLoginGuard, MockPasswordHasher, MockTokenMint, MockTokenRepository},
    clock::{MockClock, MockIdGenerator},
    health::MockStoreProbe,
    order::MockOrderRepository,
    post::{MockPostRepository, MockViewCounter, MockViewRepository},
    product::MockProductRepository,
    user::MockUserRepository,
};

use crate::auth::{AuthPorts, AuthService};
use crate::health::{HealthPorts, HealthService};
use crate::order::{OrderPolicy, OrderPorts, OrderService};
use crate::post::{PostPorts, PostService};
use crate::product::{ProductPorts, ProductService};
use crate::user::{UserPorts, UserService};

/// An adapter of every port. Clones share the adapters.
#[derive(Clone)]
pub struct Ports {
    /// Keeps accounts.
    pub users: Arc<dyn UserRepository>,
    /// Keeps tokens.
    pub tokens: Arc<dyn TokenRepository>,
    /// Hashes and compares passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Makes tokens.
    pub mint: Arc<dyn TokenMint>,
    /// Counts guesses at passwords.
    pub guard: Arc<dyn LoginGuard>,
    /// Keeps posts.
    pub posts: Arc<dyn PostRepository>,
    /// Shows posts to those who only read.
    pub post_reader: Arc<dyn PostReader>,
    /// Takes note of views.
    pub views: Arc<dyn ViewCounter>,
    /// Keeps the views that were counted.
    pub view_batches: Arc<dyn ViewRepository>,
    /// Keeps products.
    pub products: Arc<dyn ProductRepository>,
    /// Shows products to those who only read.
    pub product_reader: Arc<dyn ProductReader>,
    /// Keeps orders.
    pub orders: Arc<dyn OrderRepository>,
    /// Tells whether the store can be worked with.
    pub store: Arc<dyn StoreProbe>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn IdGenerator>,
}

/// A mock of every port, for tests of what is built on the use cases. A call that a test
/// does not expect fails it.
#[cfg(feature = "mocks")]
#[derive(Default)]
pub struct MockPorts {
    /// Keeps accounts.
    pub users: MockUserRepository,
    /// Keeps tokens.
    pub tokens: MockTokenRepository,
    /// Hashes and compares passwords.
    pub hasher: MockPasswordHasher,
    /// Makes tokens.
    pub mint: MockTokenMint,
    /// Counts guesses at passwords.
    pub guard: MockLoginGuard,
    /// Keeps posts.
    pub posts: MockPostRepository,
    /// Takes note of views.
    pub views: MockViewCounter,
    /// Keeps the views that were counted.
    pub view_batches: MockViewRepository,
    /// Keeps products.
    pub products: MockProductRepository,
    /// Keeps orders.
    pub orders: MockOrderRepository,
    /// Tells whether the store can be worked with.
    pub store: MockStoreProbe,
    /// Tells the time.
    pub clock: MockClock,
    /// Makes ids.
    pub ids: MockIdGenerator,
}

#[cfg(feature = "mocks")]
impl From<MockPorts> for Ports {
    fn from(mocks: MockPorts) -> Self {
        let posts = Arc::new(mocks.posts);
        let products = Arc::new(mocks.products);
        Self {
            users: Arc::new(mocks.users),
            tokens: Arc::new(mocks.tokens),
            hasher: Arc::new(mocks.hasher),
            mint: Arc::new(mocks.mint),
            guard: Arc::new(mocks.guard),
            posts: posts.clone(),
            post_reader: posts,
            views: Arc::new(mocks.views),
            view_batches: Arc::new(mocks.view_batches),
            products: products.clone(),
            product_reader: products,
            orders: Arc::new(mocks.orders),
            store: Arc::new(mocks.store),
            clock: Arc::new(mocks.clock),
            ids: Arc::new(mocks.ids),
        }
    }
}

/// What an operator decides about the use cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// When sessions end.
    pub sessions: SessionPolicy,
    /// How long orders and their keys wait.
    pub orders: OrderPolicy,
}

/// The service of every aggregate. Clones share the services.
#[derive(Clone)]
pub struct Services {
    /// Logging in and out, and tokens.
    pub auth: Arc<AuthService>,
    /// Accounts.
    pub users: Arc<UserService>,
    /// Posts.
    pub posts: Arc<PostService>,
    /// The catalogue.
    pub products: Arc<ProductService>,
    /// Orders.
    pub orders: Arc<OrderService>,
    /// Liveness and readiness.
    pub health: Arc<HealthService>,
}

impl Services {
    /// Builds all services on these adapters.
    #[must_use]
    pub fn new(ports: &Ports, policy: Policy) -> Self {
        let clock = || Arc::clone(&ports.clock);
        let ids = || Arc::clone(&ports.ids);
        let auth = AuthPorts {
            users: ports.users.clone(),
            tokens: ports.tokens.clone(),
            hasher: ports.hasher.clone(),
            mint: ports.mint.clone(),
            guard: ports.guard.clone(),
            clock: clock(),
            ids: ids(),
        };
        let users = UserPorts {
            users: ports.users.clone(),
            posts: ports.posts.clone(),
            hasher: ports.hasher.clone(),
            guard: ports.guard.clone(),
            clock: clock(),
            ids: ids(),
        };
        let posts = PostPorts {
            posts: ports.posts.clone(),
            reader: ports.post_reader.clone(),
            views: ports.views.clone(),
            view_batches: ports.view_batches.clone(),
            clock: clock(),
            ids: ids(),
        };
        let products = ProductPorts {
            products: ports.products.clone(),
            reader: ports.product_reader.clone(),
            clock: clock(),
            ids: ids(),
        };
        let orders = OrderPorts {
            orders: ports.orders.clone(),
            clock: clock(),
            ids: ids(),
        };
        let health = HealthPorts {
            store: ports.store.clone(),
            clock: clock(),
        };
        Self {
            auth: Arc::new(AuthService::new(auth, policy.sessions)),
            users: Arc::new(UserService::new(users)),
            posts: Arc::new(PostService::new(posts)),
            products: Arc::new(ProductService::new(products)),
            orders: Arc::new(OrderService::new(orders, policy.orders)),
            health: Arc::new(HealthService::new(health)),
        }
    }
}
