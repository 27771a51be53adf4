//! The HTTP API of Hexpress.
//!
//! What belongs here: routes, what requests and answers look like, and which
//! error is which status. What does not: decisions (they are use cases, in
//! `hexpress-app`) and anything about databases.
//!
//! Open [`router`](fn@router) first, then the folder of one resource, such as
//! `product`: its routes, each request beside its handler, its responses. Each handler
//! takes its request through `extract::Checked`, which holds the order of checks.

#![warn(missing_docs)]

mod api;
mod auth;
mod compression;
mod cursor;
mod error;
mod etag;
mod extract;
mod file;
mod health;
mod http_rules;
mod json;
mod limits;
mod list;
mod metrics;
mod openapi;
mod order;
mod post;
mod product;
mod reference;
mod render_cache;
mod request;
mod respond;
mod router;
mod security_headers;
mod time;
mod trace_context;
mod urlencoded;
mod user;

pub use api::{Api, CorsOrigins, Settings};
pub use limits::{AddressShare, AddressShares, LimitSettings, Limits};
pub use metrics::HttpMetrics;
pub use render_cache::RenderCache;
#[cfg(feature = "probe")]
pub use router::{LAYER_COUNT, within_layers};
pub use router::{openapi, router, router_with};
