#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;
use tokio::sync::{Barrier, Notify};

use crate::database::testing::{open, options};
use crate::database::{Connection, Database, DatabaseOptions, Failure, Work, on_both};

/// What the work of a test is given.
struct Stage {
    raw: TestDatabase,
    reached: Notify,
    go_on: Notify,
    both: Barrier,
    runs: AtomicU32,
}

async fn stage(kind: Kind) -> Arc<Stage> {
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
    async fn count(&self) -> String {
        let rows = self.raw.query_text("SELECT count(*) FROM notes").await;
        rows.into_iter().flatten().flatten().collect()
    }

    /// Cuts while this runtime stands still, so that nobody notices before the
    /// connections are used.
    fn cut_unnoticed(&self) {
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
    async fn cut(&self) {
        self.raw
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = current_schema()",
            )
            .await;
    }
}

/// Connections that `Stage::cut` finds.
async fn open_to_be_cut(stage: &Stage) -> Database {
    let mut options = options(&stage.raw);
    let schema = stage.raw.query_text("SELECT current_schema()").await;
    if let crate::database::DatabaseUrl::Postgres(url) = &mut options.url {
        url.application_name = schema.into_iter().flatten().flatten().next();
    }
    Database::open(options).await.unwrap()
}

async fn run(connection: &mut Connection, sql: &str) -> Result<(), Failure> {
    on_both!(connection, |c| c.batch_execute(sql).await?);
    Ok(())
}

const INSERT: Work<Arc<Stage>, ()> =
    |connection, _| Box::pin(run(connection, "INSERT INTO notes VALUES (1, 'a')"));

const SELECT: Work<Arc<Stage>, ()> =
    |connection, _| Box::pin(run(connection, "SELECT count(*) FROM notes"));

#[rstest]
#[tokio::test]
async fn a_write_is_finished_when_its_request_is_dropped(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stage = stage(kind).await;
    let database = open(&stage.raw).await;
    let work: Work<Arc<Stage>, ()> = |connection, stage| {
        Box::pin(async move {
            run(connection, "INSERT INTO notes VALUES (1, 'a')").await?;
            stage.reached.notify_one();
            stage.go_on.notified().await;
            run(connection, "INSERT INTO notes VALUES (2, 'b')").await
        })
    };
    let request = tokio::spawn({
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        async move { database.write(stage, work).await }
    });
    stage.reached.notified().await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    assert_eq!(stage.count().await, "0");

    stage.go_on.notify_one();
    assert!(database.close(Duration::from_secs(20)).await);
    assert_eq!(stage.count().await, "2");
}

#[rstest]
#[tokio::test]
async fn closing_waits_no_longer_than_it_may(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stage = stage(kind).await;
    let database = open(&stage.raw).await;
    let work: Work<Arc<Stage>, ()> = |_, stage| {
        Box::pin(async move {
            stage.reached.notify_one();
            stage.go_on.notified().await;
            Ok(())
        })
    };
    database.write_beside(Arc::clone(&stage), work);
    stage.reached.notified().await;
    assert!(!database.close(Duration::from_millis(10)).await);
    stage.go_on.notify_one();
    assert!(database.close(Duration::from_secs(20)).await);
    assert!(matches!(
        database.ping().await,
        Err(RepositoryError::Unavailable(_))
    ));
}

#[rstest]
#[tokio::test]
async fn a_refused_write_leaves_nothing(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stage = stage(kind).await;
    let database = open(&stage.raw).await;
    let work: Work<Arc<Stage>, ()> = |connection, _| {
        Box::pin(async move {
            run(connection, "INSERT INTO notes VALUES (1, 'a')").await?;
            Err(RepositoryError::Conflict(Conflict::LastAdmin).into())
        })
    };
    let refused = database.write(Arc::clone(&stage), work).await;
    assert!(matches!(
        refused,
        Err(RepositoryError::Conflict(Conflict::LastAdmin))
    ));
    assert_eq!(stage.count().await, "0");

    let kept = database
        .write_if(|()| false, Arc::clone(&stage), INSERT)
        .await;
    assert!(kept.is_ok());
    assert_eq!(stage.count().await, "0");
}

#[rstest]
#[tokio::test]
async fn work_that_panics_holds_nothing(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stage = stage(kind).await;
    let database = open(&stage.raw).await;
    let work: Work<Arc<Stage>, ()> = |connection, _| {
        Box::pin(async move {
            run(connection, "INSERT INTO notes VALUES (1, 'a')").await?;
            panic!("a bug")
        })
    };
    let outcome = database.write(Arc::clone(&stage), work).await;
    assert!(matches!(outcome, Err(RepositoryError::Internal(_))));
    // On another connection: it would wait for the row or the file otherwise.
    stage.raw.execute("INSERT INTO notes VALUES (1, 'b')").await;
    assert_eq!(stage.count().await, "1");
}

#[tokio::test]
async fn work_finds_a_new_connection_when_its_own_is_gone() {
    let stage = stage(Kind::Postgres).await;
    let database = open_to_be_cut(&stage).await;
    stage.cut_unnoticed();
    database.read(Arc::clone(&stage), SELECT).await.unwrap();
    stage.cut_unnoticed();
    database.write(Arc::clone(&stage), INSERT).await.unwrap();
    assert_eq!(stage.count().await, "1");
}

#[tokio::test]
async fn a_transaction_that_loses_its_connection_is_done_anew() {
    let stage = stage(Kind::Postgres).await;
    let database = open_to_be_cut(&stage).await;
    let work: Work<Arc<Stage>, ()> = |connection, stage| {
        Box::pin(async move {
            run(connection, "INSERT INTO notes VALUES (1, 'a')").await?;
            if stage.runs.fetch_add(1, Ordering::Relaxed) == 0 {
                stage.cut().await;
            }
            run(connection, "INSERT INTO notes VALUES (2, 'b')").await
        })
    };
    database.write(Arc::clone(&stage), work).await.unwrap();
    assert_eq!(stage.runs.load(Ordering::Relaxed), 2);
    assert_eq!(stage.count().await, "2");
}

#[tokio::test]
async fn a_connection_that_dies_before_its_commit_is_no_success() {
    let stage = stage(Kind::Postgres).await;
    let database = open_to_be_cut(&stage).await;
    let work: Work<Arc<Stage>, ()> = |connection, stage| {
        Box::pin(async move {
            run(connection, "INSERT INTO notes VALUES (1, 'a')").await?;
            stage.runs.fetch_add(1, Ordering::Relaxed);
            stage.cut().await;
            Ok(())
        })
    };
    let outcome = database.write(Arc::clone(&stage), work).await;
    assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))));
    assert_eq!(stage.runs.load(Ordering::Relaxed), 1);
    assert_eq!(stage.count().await, "0");
    database.ping().await.unwrap();
}

#[tokio::test]
async fn a_deadlock_is_resolved_by_trying_again() {
    let stage = stage(Kind::Postgres).await;
    stage
        .raw
        .execute("INSERT INTO notes VALUES (1, ''), (2, '')")
        .await;
    let database = open(&stage.raw).await;
    // Each takes the row that the other wants next, but for the third run.
    let work: Work<Arc<Stage>, ()> = |connection, stage| {
        Box::pin(async move {
            let run_number = stage.runs.fetch_add(1, Ordering::Relaxed);
            let (first, second) = if run_number == 0 { (1, 2) } else { (2, 1) };
            let touch = |id| format!("UPDATE notes SET text = text || 'x' WHERE id = {id}");
            run(connection, &touch(first)).await?;
            if run_number < 2 {
                stage.both.wait().await;
            }
            run(connection, &touch(second)).await
        })
    };
    let (one, other) = tokio::join!(
        database.write(Arc::clone(&stage), work),
        database.write(Arc::clone(&stage), work)
    );
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    assert_eq!(stage.runs.load(Ordering::Relaxed), 3);
    let texts = stage.raw.query_text("SELECT text FROM notes").await;
    assert!(texts.into_iter().flatten().flatten().all(|t| t == "xx"));
}

#[rstest]
#[tokio::test]
async fn waiting_for_a_connection_has_an_end(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stage = stage(kind).await;
    let database = Database::open(DatabaseOptions {
        pool_max: 1,
        acquire_timeout: Duration::from_millis(200),
        ..options(&stage.raw)
    })
    .await
    .unwrap();
    let work: Work<Arc<Stage>, ()> = |_, stage| {
        Box::pin(async move {
            stage.reached.notify_one();
            stage.go_on.notified().await;
            Ok(())
        })
    };
    database.write_beside(Arc::clone(&stage), work);
    stage.reached.notified().await;
    assert!(matches!(
        database.read(Arc::clone(&stage), SELECT).await,
        Err(RepositoryError::Unavailable(_))
    ));
    stage.go_on.notify_one();
}

#[rstest]
#[case(Kind::Postgres, "SELECT pg_sleep(20)")]
#[case(Kind::Postgres, "LOCK TABLE notes")]
#[case(Kind::Sqlite, "INSERT INTO notes VALUES (1, 'a')")]
#[tokio::test]
async fn the_database_works_and_waits_no_longer_than_it_may(
    #[case] kind: Kind,
    #[case] sql: &'static str,
) {
    let stage = stage(kind).await;
    let hurried = DatabaseOptions {
        statement_timeout: Duration::from_millis(300),
        lock_timeout: Duration::from_millis(200),
        ..options(&stage.raw)
    };
    let hurried = Database::open(hurried).await.unwrap();
    let other = open(&stage.raw).await;
    let holds: Work<Arc<Stage>, ()> = |connection, stage| {
        Box::pin(async move {
            run(connection, "INSERT INTO notes VALUES (1, 'a')").await?;
            stage.reached.notify_one();
            stage.go_on.notified().await;
            Ok(())
        })
    };
    other.write_beside(Arc::clone(&stage), holds);
    stage.reached.notified().await;
    let outcome = hurried
        .write(sql, |connection, sql| Box::pin(run(connection, sql)))
        .await;
    assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))));
    stage.go_on.notify_one();
}

#[rstest]
#[tokio::test]
async fn idle_connections_beyond_the_minimum_are_closed(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stage = stage(kind).await;
    let database = Database::open(DatabaseOptions {
        pool_min: 1,
        idle_timeout: Duration::from_millis(100),
        ..options(&stage.raw)
    })
    .await
    .unwrap();
    let work: Work<Arc<Stage>, ()> = |_, stage| {
        Box::pin(async move {
            stage.both.wait().await;
            Ok(())
        })
    };
    let (one, other) = tokio::join!(
        database.read(Arc::clone(&stage), work),
        database.read(Arc::clone(&stage), work)
    );
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(database.inner.connections.size(), 2);
    tokio::time::timeout(Duration::from_secs(20), async {
        while database.inner.connections.size() > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    database.inner.connections.close_surplus(Duration::ZERO, 1);
    assert_eq!(database.inner.connections.size(), 1);
}
