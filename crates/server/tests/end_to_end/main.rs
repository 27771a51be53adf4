//! The real program, used as its users use it, on both databases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod accounts;
mod cache;
mod client;
mod command_line;
mod documents;
mod observability;
mod openapi;
mod posts;
mod secrets;
mod shop;
mod signals;
mod slow_backup;
mod slow_browser;
mod slow_copies;
mod slow_db_copy;
mod slow_exhaustion;
mod slow_fuzz;
mod slow_hostile_posts;
mod slow_last_release;
mod slow_outage;
mod slow_post_visibility;
mod slow_purge;
mod slow_races;
mod slow_resilience;
mod slow_seed;
mod slow_shop;
mod slow_sqlite_tools;
mod slow_views;
mod slow_writers;
#[cfg(feature = "otel")]
mod spans;
mod start;
mod support;

use support::{Kind, TestDatabase};

/// What a test gets that may run on any database: here an empty one, in `slow_copies` another.
async fn database(kind: Kind) -> TestDatabase {
    TestDatabase::migrated(kind).await
}
