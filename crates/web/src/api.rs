use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use hexpress_app::Services;
use ipnet::IpNet;

use crate::limits::Limits;
use crate::metrics::HttpMetrics;
use crate::render_cache::RenderCache;

/// What the routes work with.
#[derive(Clone)]
pub struct Api {
    /// The use cases.
    pub services: Services,
    /// How much is taken on.
    pub limits: Arc<Limits>,
    /// Where requests are counted.
    pub metrics: HttpMetrics,
    /// Where rendered answers are kept: of use behind readers that hand out one value to
    /// many.
    pub render_cache: RenderCache,
    /// How requests are taken and answered.
    pub settings: Arc<Settings>,
}

impl Api {
    /// Where clients find the thing of this name in this collection.
    pub(crate) fn location(&self, collection: &str, name: impl Display) -> String {
        format!("{}/api/{collection}/{name}", self.settings.base_path)
    }
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
    /// The longest body of a request about posts, in bytes, then 413.
    pub post_body_limit: usize,
    /// Whether browsers are told to use HTTPS only from now on: where the service is
    /// not reached by it, they would no longer reach it at all.
    pub strict_transport_security: bool,
    /// Whose pages may call.
    pub cors_origins: CorsOrigins,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Makes an id for a request that brings none.
    pub request_id: Box<dyn Fn() -> String + Send + Sync>,
}

impl Settings {
    /// What suits a service behind no proxy: at the root, 30 seconds for an answer, 20 for a body,
    /// 10 MiB for a post, no HSTS, and pages of any origin. `request_id` makes an id for a request
    /// that brings none.
    #[must_use]
    pub fn new(request_id: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self {
            base_path: String::new(),
            request_timeout: Duration::from_secs(30),
            body_read_timeout: Duration::from_secs(20),
            post_body_limit: 10 * 1024 * 1024,
            strict_transport_security: false,
            cors_origins: CorsOrigins::Any,
            trusted_proxies: Vec::new(),
            request_id: Box::new(request_id),
        }
    }
}

/// Whose pages may call the API from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// Anybody's.
    Any,
    /// Those of these origins, such as `https://shop.example`.
    List(Vec<String>),
}
