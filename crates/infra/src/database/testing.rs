#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use hexpress_test_support::TestDatabase;

use super::{Database, DatabaseOptions, SslMode, Synchronous};

pub(crate) fn options(raw: &TestDatabase) -> DatabaseOptions {
    let patience = Duration::from_secs(20);
    DatabaseOptions {
        url: raw.url().parse().unwrap(),
        pool_max: 4,
        pool_min: 0,
        acquire_timeout: patience,
        idle_timeout: patience,
        statement_timeout: patience,
        lock_timeout: patience,
        idle_in_transaction_timeout: patience,
        migrate_lock_timeout: patience,
        ssl_mode_default: SslMode::Prefer,
        sqlite_synchronous: Synchronous::Off,
    }
}

pub(crate) async fn open(raw: &TestDatabase) -> Database {
    Database::open(options(raw)).await.unwrap()
}
