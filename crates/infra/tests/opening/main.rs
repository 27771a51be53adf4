//! Opening a database: what is made, what is refused, and what TLS must prove.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

mod postgres;
mod sqlite;
mod tls;
mod tls_server;

use std::time::Duration;

use hexpress_infra::database::{self, Database, DatabaseOptions, OpenError, SslMode, Synchronous};

async fn open(url: &str) -> Result<Database, OpenError> {
    let patience = Duration::from_secs(20);
    database::open(DatabaseOptions {
        url: url.parse().unwrap(),
        pool_max: 2,
        pool_min: 1,
        acquire_timeout: patience,
        idle_timeout: patience,
        statement_timeout: patience,
        search_connections: 2,
        search_timeout: patience,
        lock_timeout: patience,
        idle_in_transaction_timeout: patience,
        migrate_lock_timeout: patience,
        ssl_mode_default: SslMode::VerifyFull,
        sqlite_synchronous: Synchronous::Off,
    })
    .await
}

/// Why it does not open, in words of at most two lines.
async fn refusal(url: &str) -> OpenError {
    let Err(error) = open(url).await else {
        panic!("{url} opens");
    };
    assert!(error.to_string().lines().count() <= 2, "{error}");
    error
}
