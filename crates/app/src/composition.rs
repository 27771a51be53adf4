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
    pub fn new(ports: Ports, policy: Policy) -> Self {
        let Ports {
            users,
            tokens,
            hasher,
            mint,
            guard,
            posts,
            post_reader,
            views,
            view_batches,
            products,
            product_reader,
            orders,
            store,
            clock,
            ids,
        } = ports;
        let auth = AuthPorts {
            users: Arc::clone(&users),
            tokens,
            hasher: Arc::clone(&hasher),
            mint,
            guard: Arc::clone(&guard),
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
        };
        let users = UserPorts {
            users,
            posts: Arc::clone(&posts),
            hasher,
            guard,
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
        };
        let posts = PostPorts {
            posts,
            reader: post_reader,
            views,
            view_batches,
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
        };
        let products = ProductPorts {
            products,
            reader: product_reader,
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
        };
        let orders = OrderPorts {
            orders,
            clock: Arc::clone(&clock),
            ids,
        };
        Self {
            auth: Arc::new(AuthService::new(auth, policy.sessions)),
            users: Arc::new(UserService::new(users)),
            posts: Arc::new(PostService::new(posts)),
            products: Arc::new(ProductService::new(products)),
            orders: Arc::new(OrderService::new(orders, policy.orders)),
            health: Arc::new(HealthService::new(HealthPorts { store, clock })),
        }
    }
}
