use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use hexpress_test_support::{Kind, TestDatabase};
use tokio::sync::{Barrier, Notify};

use crate::address::DatabaseUrl;
use crate::connection::{Connection, on_backend};
use crate::database::Database;
use crate::error::Failure;
use crate::options::{DatabaseOptions, Schema, Synchronous};
use crate::work::Work;

/// A table of notes in two migrations; no constraint means anything.
pub(crate) const SCHEMA: Schema = Schema {
    postgres: &POSTGRES,
    sqlite: &SQLITE,
    steps: &[],
    meaning_of: |_| None,
};
const POSTGRES: EmbeddedMigrations = embed_migrations!("tests/migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("tests/migrations/sqlite");

pub(crate) fn options(raw: &TestDatabase) -> DatabaseOptions {
    let patience = Duration::from_secs(20);
    DatabaseOptions {
        pool_max: 4,
        acquire_timeout: patience,
        idle_timeout: patience,
        statement_timeout: patience,
        lock_timeout: patience,
        idle_in_transaction_timeout: patience,
        migrate_lock_timeout: patience,
        sqlite_synchronous: Synchronous::Off,
        ..DatabaseOptions::new(raw.url().parse().unwrap())
    }
}

pub(crate) async fn open(raw: &TestDatabase) -> Database {
    Database::open(options(raw), SCHEMA).await.unwrap()
}

/// What the work of a test is given.
pub(crate) struct Stage {
    pub(crate) raw: TestDatabase,
    pub(crate) reached: Notify,
    pub(crate) go_on: Notify,
    pub(crate) both: Barrier,
    pub(crate) runs: AtomicU32,
}

pub(crate) async fn stage(kind: Kind) -> Arc<Stage> {
    let raw = TestDatabase::empty(kind).await;
    raw.execute("CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)")
        .await;
    Arc::new(Stage {
        raw,
        reached: Notify::new(),
        go_on: Notify::new(),
        both: Barrier::new(2),
        runs: AtomicU32::new(0),
    })
}

impl Stage {
    pub(crate) async fn count(&self) -> String {
        let rows = self.raw.query_text("SELECT count(*) FROM notes").await;
        rows.into_iter().flatten().flatten().collect()
    }

    /// What the only note says.
    pub(crate) async fn text(&self) -> String {
        let rows = self.raw.query_text("SELECT text FROM notes").await;
        rows.into_iter().flatten().flatten().collect()
    }

    /// Cuts while this runtime stands still, so that nobody notices before the
    /// connections are used.
    pub(crate) fn cut_unnoticed(&self) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                runtime.unwrap().block_on(self.cut());
            });
        });
    }

    /// Ends the connections that were opened to be cut.
    pub(crate) async fn cut(&self) {
        self.raw
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = current_schema()",
            )
            .await;
    }
}

/// Connections that `Stage::cut` finds.
pub(crate) async fn open_to_be_cut(stage: &Stage) -> Database {
    let mut options = options(&stage.raw);
    let schema = stage.raw.query_text("SELECT current_schema()").await;
    if let DatabaseUrl::Postgres(url) = &mut options.url {
        url.application_name = schema.into_iter().flatten().flatten().next();
    }
    Database::open(options, SCHEMA).await.unwrap()
}

pub(crate) async fn run(connection: &mut Connection, sql: &str) -> Result<(), Failure> {
    on_backend!(connection, |c| c.batch_execute(sql).await?);
    Ok(())
}

pub(crate) const INSERT: Work<Arc<Stage>, ()> =
    |connection, _| Box::pin(run(connection, "INSERT INTO notes VALUES (1, 'a')"));

pub(crate) const SELECT: Work<Arc<Stage>, ()> =
    |connection, _| Box::pin(run(connection, "SELECT count(*) FROM notes"));

/// Counts itself, and stands still until it is told to go on, as are then all others.
pub(crate) const HELD: Work<Arc<Stage>, ()> = |_, stage| {
    Box::pin(async move {
        stage.runs.fetch_add(1, Ordering::Relaxed);
        stage.go_on.notified().await;
        stage.go_on.notify_one();
        Ok(())
    })
};
