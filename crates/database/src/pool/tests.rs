use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use diesel::dsl::sql;
use diesel::sql_types::Text;
use hexpress_domain::repository::RepositoryError;
use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;
use tokio::io::{copy, copy_bidirectional, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::activity::Readiness;
use crate::address::{DatabaseUrl, PostgresHost};
use crate::connection::on_backend;
use crate::database::Database;
use crate::options::DatabaseOptions;
use crate::options::Synchronous;
use crate::testing::{HELD, INSERT, SCHEMA, SELECT, Stage, open, options, run, stage};
use crate::work::Work;

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up() {
    let stage = stage(Kind::Postgres).await;
    let mut options = DatabaseOptions {
        statement_timeout: Duration::from_millis(200),
        acquire_timeout: Duration::from_secs(1),
        ..options(&stage.raw)
    };
    let DatabaseUrl::Postgres(url) = &mut options.url else {
        unreachable!()
    };
    let (port, falls_silent) = proxy(url.addresses()).await;
    url.hosts[0] = PostgresHost::new(Some("127.0.0.1".to_owned()), Some(port));
    let database = Database::open(options, SCHEMA).await.unwrap();
    database.read(Arc::clone(&stage), SELECT).await.unwrap();

    falls_silent.send_replace(true);
    for outcome in [
        database.read(Arc::clone(&stage), SELECT).await,
        database.write(Arc::clone(&stage), INSERT).await,
    ] {
        assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))));
    }
    falls_silent.send_replace(false);
    database.write(Arc::clone(&stage), INSERT).await.unwrap();
}

#[tokio::test]
async fn readiness_waits_for_no_server_that_is_silent() {
    let raw = TestDatabase::empty(Kind::Postgres).await;
    let mut options = options(&raw);
    let DatabaseUrl::Postgres(url) = &mut options.url else {
        unreachable!()
    };
    let (port, falls_silent) = proxy(url.addresses()).await;
    url.hosts[0] = PostgresHost::new(Some("127.0.0.1".to_owned()), Some(port));
    let patience = options.statement_timeout / 2;
    let database = Database::open(options, SCHEMA).await.unwrap();
    falls_silent.send_replace(true);
    let readiness = tokio::time::timeout(patience, database.readiness()).await;
    assert_eq!(readiness, Ok(Readiness::Unreachable));
}

#[tokio::test]
async fn a_database_that_works_for_others_is_ready() {
    let stage = stage(Kind::Postgres).await;
    let database = open(&stage.raw).await;
    stage.raw.execute("DROP TABLE notes").await;
    database.migrator().up().await.unwrap();
    database.read(Arc::clone(&stage), SELECT).await.unwrap();
    let all = options(&stage.raw).pool_max;
    let reads = (0..all).map(|_| {
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        tokio::spawn(async move { database.read(stage, HELD).await })
    });
    let reads: Vec<_> = reads.collect();
    while stage.runs.load(Ordering::Relaxed) < u32::try_from(all).unwrap() {
        tokio::task::yield_now().await;
    }
    assert_eq!(database.readiness().await, Readiness::Ready);
    stage.go_on.notify_one();
    for read in reads {
        read.await.unwrap().unwrap();
    }
}

/// A way to the server that can fall silent: then what is sent is taken, new
/// connections too, and nothing is passed on.
async fn proxy(server: String) -> (u16, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (falls_silent, is_silent) = watch::channel(false);
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let (server, mut is_silent) = (server.clone(), is_silent.clone());
            tokio::spawn(async move {
                let mut server = TcpStream::connect(server).await.unwrap();
                tokio::select! {
                    _ = is_silent.wait_for(|is_silent| *is_silent) => {}
                    _ = copy_bidirectional(&mut client, &mut server) => return,
                }
                // Until whoever sent it has gone.
                copy(&mut client, &mut sink()).await.ok();
            });
        }
    });
    (port, falls_silent)
}

#[tokio::test]
async fn a_transaction_in_which_nothing_happens_is_ended() {
    let stage = stage(Kind::Postgres).await;
    let database = Database::open(
        DatabaseOptions {
            idle_in_transaction_timeout: Duration::from_millis(100),
            ..options(&stage.raw)
        },
        SCHEMA,
    )
    .await
    .unwrap();
    let work: Work<Arc<Stage>, ()> = |connection, stage| {
        Box::pin(async move {
            run(connection, "INSERT INTO notes VALUES (1, 'a')").await?;
            if stage.runs.fetch_add(1, Ordering::Relaxed) == 0 {
                // Waits for the row until it is gone with its transaction.
                stage.raw.execute("INSERT INTO notes VALUES (1, 'b')").await;
                stage.raw.execute("DELETE FROM notes").await;
            }
            run(connection, "INSERT INTO notes VALUES (2, 'c')").await
        })
    };
    database.write(Arc::clone(&stage), work).await.unwrap();
    assert_eq!(stage.runs.load(Ordering::Relaxed), 2);
    assert_eq!(stage.count().await, "2");
}

#[rstest]
#[tokio::test]
async fn the_minimum_of_connections_is_opened_again(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stage = stage(kind).await;
    let database = Database::open(
        DatabaseOptions {
            pool_min: 2,
            idle_timeout: Duration::from_millis(100),
            ..options(&stage.raw)
        },
        SCHEMA,
    )
    .await
    .unwrap();
    database.inner.connections.discard_idle();
    assert_eq!(database.inner.connections.size(), 0);
    tokio::time::timeout(Duration::from_secs(20), async {
        while database.inner.connections.size() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[rstest]
#[tokio::test]
async fn every_connection_has_the_settings_asked_for(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let raw = TestDatabase::empty(kind).await;
    let database = Database::open(
        DatabaseOptions {
            statement_timeout: Duration::from_millis(1001),
            lock_timeout: Duration::from_millis(1002),
            idle_in_transaction_timeout: Duration::from_millis(1003),
            sqlite_synchronous: Synchronous::Full,
            ..options(&raw)
        },
        SCHEMA,
    )
    .await
    .unwrap();
    let settings: Work<Kind, String> = |connection, kind| {
        Box::pin(async move {
            use diesel_async::RunQueryDsl;

            let settings = diesel::select(sql::<Text>(match kind {
                Kind::Postgres => {
                    "concat_ws(' ', current_setting('statement_timeout'),
                     current_setting('lock_timeout'),
                     current_setting('idle_in_transaction_session_timeout'))"
                }
                Kind::Sqlite => {
                    "concat_ws(' ', (SELECT timeout FROM pragma_busy_timeout),
                     (SELECT synchronous FROM pragma_synchronous),
                     (SELECT foreign_keys FROM pragma_foreign_keys),
                     (SELECT journal_mode FROM pragma_journal_mode))"
                }
            }));
            Ok(on_backend!(connection, |c| settings.get_result(c).await?))
        })
    };
    let expected = match kind {
        Kind::Postgres => "1001ms 1002ms 1003ms",
        Kind::Sqlite => "1002 2 1 wal",
    };
    assert_eq!(database.read(kind, settings).await.unwrap(), expected);
}

#[rstest]
#[tokio::test]
async fn waiting_for_a_connection_has_an_end(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stage = stage(kind).await;
    let database = Database::open(
        DatabaseOptions {
            pool_max: 1,
            acquire_timeout: Duration::from_millis(200),
            ..options(&stage.raw)
        },
        SCHEMA,
    )
    .await
    .unwrap();
    let work: Work<Arc<Stage>, ()> = |_, stage| {
        Box::pin(async move {
            stage.reached.notify_one();
            stage.go_on.notified().await;
            Ok(())
        })
    };
    database.spawn_write(Arc::clone(&stage), work);
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
async fn slow_the_database_works_and_waits_no_longer_than_it_may(
    #[case] kind: Kind,
    #[case] sql: &'static str,
) {
    let stage = stage(kind).await;
    let hurried = DatabaseOptions {
        statement_timeout: Duration::from_millis(300),
        lock_timeout: Duration::from_millis(200),
        ..options(&stage.raw)
    };
    let hurried = Database::open(hurried, SCHEMA).await.unwrap();
    let other = open(&stage.raw).await;
    let holds: Work<Arc<Stage>, ()> = |connection, stage| {
        Box::pin(async move {
            run(connection, "INSERT INTO notes VALUES (1, 'a')").await?;
            stage.reached.notify_one();
            stage.go_on.notified().await;
            Ok(())
        })
    };
    other.spawn_write(Arc::clone(&stage), holds);
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
    let database = Database::open(
        DatabaseOptions {
            pool_min: 1,
            idle_timeout: Duration::from_millis(100),
            ..options(&stage.raw)
        },
        SCHEMA,
    )
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
