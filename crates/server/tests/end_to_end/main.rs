//! The real program, used as its users use it, on both databases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod accounts;
mod command_line;
mod db_copy;
mod hostile_posts;
mod observability;
mod openapi;
mod post_visibility;
mod posts;
mod purge;
mod races;
mod readme;
mod seed;
mod shop;
mod slow_backup;
mod slow_browser;
mod slow_fuzz;
mod slow_outage;
mod slow_resilience;
mod slow_shop;
mod slow_views;
#[cfg(feature = "otel")]
mod spans;
mod start;
mod support;
