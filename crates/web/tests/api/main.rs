//! The routes, through the router in process, over use cases on mocks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod auth;
mod bodies;
mod conventions;
mod errors;
mod headers;
mod http_rules;
mod limits;
mod log;
mod metrics;
mod openapi;
mod order;
mod post;
mod post_list;
mod post_read;
mod product;
mod reference;
mod sample_post;
mod statistics;
mod support;
mod user;
mod user_list;
