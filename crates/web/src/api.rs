use std::sync::Arc;
use std::time::Duration;

use hexpress_app::auth::AuthService;
use hexpress_app::health::HealthService;
use hexpress_app::order::OrderService;
use hexpress_app::product::ProductService;
use hexpress_app::user::UserService;
use ipnet::IpNet;

/// What the routes work with.
#[derive(Clone)]
pub struct Api {
    /// Logging in and out, and tokens.
    pub auth: Arc<AuthService>,
    /// Accounts.
    pub users: Arc<UserService>,
    /// The catalogue.
    pub products: Arc<ProductService>,
    /// Orders.
    pub orders: Arc<OrderService>,
    /// Liveness and readiness.
    pub health: Arc<HealthService>,
    /// How requests are taken and answered.
    pub settings: Arc<Settings>,
}

/// How requests are taken and answered.
pub struct Settings {
    /// What stands before `/api` in the addresses that clients see, such as
    /// `/blog` where another application nests the router; usually empty.
    pub base_path: String,
    /// How long an answer may take, then 503.
    pub request_timeout: Duration,
    /// How long a client may take to send its body, then 408.
    pub body_read_timeout: Duration,
    /// Whose pages may call.
    pub cors_origins: CorsOrigins,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Makes an id for a request that brings none.
    pub request_id: Box<dyn Fn() -> String + Send + Sync>,
}

/// Whose pages may call the API from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// Anybody's.
    Any,
    /// Those of these origins, such as `https://shop.example`.
    List(Vec<String>),
}

/// The longest body where no endpoint says otherwise, in bytes.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;
