use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel::QueryableByName;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Text};
use futures_util::future::{BoxFuture, join_all};
use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_test_support::Kind;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::Work;
use crate::address::{DatabaseUrl, PostgresHost};
use crate::connection::on_backend;
use crate::database::Database;
use crate::database::MAX_SPAWNED_WRITES;
use crate::options::DatabaseOptions;
use crate::pool::MAX_WAITING_SEARCHES;
use crate::sql::{Locked, Prepared};
use crate::testing::{
    HELD, INSERT, SCHEMA, SELECT, Stage, open, open_to_be_cut, options, run, stage,
};

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
    database.spawn_write(Arc::clone(&stage), work);
    stage.reached.notified().await;
    assert!(!database.close(Duration::from_millis(10)).await);
    stage.go_on.notify_one();
    assert!(database.close(Duration::from_secs(20)).await);
    assert!(matches!(
        database.read(Arc::clone(&stage), SELECT).await,
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
            Err(RepositoryError::Conflict(Conflict("refused")).into())
        })
    };
    let refused = database.write(Arc::clone(&stage), work).await;
    assert!(matches!(
        refused,
        Err(RepositoryError::Conflict(Conflict("refused")))
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
async fn a_database_in_memory_survives_a_bug_and_a_failed_commit() {
    let stage = stage(Kind::Sqlite).await;
    let database = Database::open(
        DatabaseOptions {
            url: "sqlite://:memory:".parse().unwrap(),
            ..options(&stage.raw)
        },
        SCHEMA,
    )
    .await
    .unwrap();
    let create: Work<(), ()> = |connection, ()| {
        Box::pin(run(
            connection,
            "CREATE TABLE notes (id integer PRIMARY KEY,
                 about int REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)",
        ))
    };
    let panic: Work<(), ()> = |connection, ()| {
        Box::pin(async move {
            run(connection, "INSERT INTO notes VALUES (1, 1)").await?;
            panic!("a bug")
        })
    };
    let refer_to_none: Work<(), ()> =
        |connection, ()| Box::pin(run(connection, "INSERT INTO notes VALUES (1, 2)"));
    let count: Work<(), i64> = |connection, ()| {
        Box::pin(async move {
            use diesel_async::RunQueryDsl;

            let count = diesel::select(sql::<BigInt>("count(*) FROM notes"));
            Ok(on_backend!(connection, |c| count.get_result(c).await?))
        })
    };
    database.write((), create).await.unwrap();
    for failing in [panic, refer_to_none] {
        assert!(database.write((), failing).await.is_err());
        assert_eq!(database.read((), count).await.unwrap(), 0);
    }
}

#[rstest]
#[tokio::test]
async fn writes_that_nobody_waits_for_leave_room_for_others(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stage = stage(kind).await;
    let database = open(&stage.raw).await;
    for _ in 0..5 * MAX_SPAWNED_WRITES {
        database.spawn_write(Arc::clone(&stage), HELD);
    }
    stage.go_on.notify_one();
    assert!(database.close(Duration::from_secs(20)).await);
    let runs = stage.runs.load(Ordering::Relaxed);
    assert_eq!(usize::try_from(runs).unwrap(), MAX_SPAWNED_WRITES);
}

#[rstest]
#[tokio::test]
async fn searches_leave_half_of_the_connections_to_others(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stage = stage(kind).await;
    let database = open(&stage.raw).await;
    let half = u32::try_from(options(&stage.raw).search_connections).unwrap();
    let searches = (0..=half).map(|_| {
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        tokio::spawn(async move { database.search(stage, HELD).await })
    });
    let searches: Vec<_> = searches.collect();
    while stage.runs.load(Ordering::Relaxed) < half {
        tokio::task::yield_now().await;
    }
    // A search whose caller has gone runs on, and so long counts.
    searches[0].abort();
    for _ in 0..3 {
        database.read(Arc::clone(&stage), SELECT).await.unwrap();
        assert_eq!(stage.runs.load(Ordering::Relaxed), half);
    }
    stage.go_on.notify_one();
    for search in searches.into_iter().skip(1) {
        search.await.unwrap().unwrap();
    }
    assert_eq!(stage.runs.load(Ordering::Relaxed), half + 1);
}

#[tokio::test]
async fn no_more_searches_wait_than_leave_room_for_others() {
    let stage = stage(Kind::Postgres).await;
    let database = open(&stage.raw).await;
    let search = |_| {
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        tokio::spawn(async move { database.search(stage, HELD).await })
    };
    let running = options(&stage.raw).search_connections;
    let mut searches: Vec<_> = (0..running).map(search).collect();
    while stage.runs.load(Ordering::Relaxed) < u32::try_from(running).unwrap() {
        tokio::task::yield_now().await;
    }
    searches.extend((0..MAX_WAITING_SEARCHES).map(search));
    while database.status().waiting < MAX_WAITING_SEARCHES {
        tokio::task::yield_now().await;
    }
    let refused = database.search(Arc::clone(&stage), HELD).await;
    assert!(
        matches!(refused, Err(RepositoryError::Unavailable(_))),
        "{refused:?}"
    );
    assert_eq!(database.status().errors.no_connection, 1);
    stage.go_on.notify_one();
    for search in searches {
        search.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_search_takes_no_longer_than_it_may_and_writes_nothing() {
    let stage = stage(Kind::Postgres).await;
    let database = open(&stage.raw).await;
    let patience = options(&stage.raw).statement_timeout / 2;
    let sleep: Work<(), ()> = |connection, ()| Box::pin(run(connection, "SELECT pg_sleep(60)"));
    let refused = tokio::time::timeout(patience, database.search((), sleep)).await;
    assert!(
        matches!(refused, Ok(Err(RepositoryError::Unavailable(_)))),
        "{refused:?}"
    );
    let refused = database.search(Arc::clone(&stage), INSERT).await;
    assert!(
        matches!(refused, Err(RepositoryError::Internal(_))),
        "{refused:?}"
    );
    // The limit ends with the search.
    database
        .search((), |connection, ()| Box::pin(run(connection, "SELECT 1")))
        .await
        .unwrap();
    let work: Work<(), bool> = |connection, ()| {
        Box::pin(async move {
            use diesel_async::RunQueryDsl;

            let limit = diesel::select(sql::<diesel::sql_types::Bool>(
                "current_setting('statement_timeout') <> '2s'",
            ));
            Ok(on_backend!(connection, |c| limit.get_result(c).await?))
        })
    };
    assert!(database.read((), work).await.unwrap());
    assert_eq!(stage.count().await, "0");
}

#[tokio::test]
async fn work_finds_a_new_connection_when_its_own_is_gone() {
    let stage = stage(Kind::Postgres).await;
    let database = open_to_be_cut(&stage).await;
    stage.cut_unnoticed();
    database.read(Arc::clone(&stage), SELECT).await.unwrap();
    stage.cut_unnoticed();
    database.write(Arc::clone(&stage), INSERT).await.unwrap();
    stage.cut_unnoticed();
    database.change(1, APPEND).await.unwrap();
    assert_eq!(stage.text().await, "ax");
}

#[derive(QueryableByName)]
struct Note {
    #[diesel(sql_type = Text)]
    text: String,
}

/// Reads a note under its lock, and writes it with an `x` at its end.
const APPEND: Work<i64, ()> = |connection, id| {
    Box::pin(async move {
        use diesel_async::RunQueryDsl;

        let note = diesel::sql_query(format!("SELECT text FROM notes WHERE id = {id}"));
        let note: Note = on_backend!(&mut *connection, |c| {
            Prepared(Locked::for_update(note)).get_result(c).await?
        });
        let text = note.text + "x";
        let update = format!("UPDATE notes SET text = '{text}' WHERE id = {id}");
        run(connection, &update).await
    })
};

#[rstest]
#[tokio::test]
async fn changes_wait_for_each_other(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    const CHANGES: usize = 20;

    let stage = stage(kind).await;
    let database = open(&stage.raw).await;
    stage.raw.execute("INSERT INTO notes VALUES (1, '')").await;
    let changes = (0..CHANGES).map(|_| database.change(1, APPEND));
    for outcome in join_all(changes).await {
        outcome.unwrap();
    }
    assert_eq!(stage.text().await, "x".repeat(CHANGES));
}

#[tokio::test]
async fn a_change_that_fails_leaves_nothing() {
    let stage = stage(Kind::Postgres).await;
    let database = open(&stage.raw).await;
    stage.raw.execute("INSERT INTO notes VALUES (1, '')").await;
    let work: Work<(), ()> = |connection, ()| {
        Box::pin(async move {
            APPEND(connection, &1).await?;
            Err(RepositoryError::Conflict(Conflict("refused")).into())
        })
    };
    assert!(database.change((), work).await.is_err());
    assert_eq!(stage.text().await, "");
    // No transaction is left open on the connection, whatever the work does.
    let nothing: Work<(), ()> = |_, ()| Box::pin(async { Ok(()) });
    database.change((), nothing).await.unwrap();
    database.change(1, APPEND).await.unwrap();
    assert_eq!(stage.text().await, "x");
}

#[tokio::test]
async fn the_lock_of_a_change_is_asked_for_together_with_begin() {
    let stage = stage(Kind::Postgres).await;
    stage.raw.execute("INSERT INTO notes VALUES (1, '')").await;
    let mut options = options(&stage.raw);
    let DatabaseUrl::Postgres(url) = &mut options.url else {
        unreachable!()
    };
    let (port, trips) = counting_proxy(url.addresses()).await;
    url.hosts[0] = PostgresHost::new(Some("127.0.0.1".to_owned()), Some(port));
    let database = Database::open(options, SCHEMA).await.unwrap();
    // The first time, the lock has to be prepared.
    database.change(1, APPEND).await.unwrap();
    let count = async |doing: BoxFuture<'_, Result<(), RepositoryError>>| {
        trips.store(0, Ordering::Relaxed);
        doing.await.unwrap();
        trips.load(Ordering::Relaxed)
    };
    // BEGIN, the lock, the change, COMMIT.
    assert_eq!(count(Box::pin(database.write(1, APPEND))).await, 4);
    assert_eq!(count(Box::pin(database.change(1, APPEND))).await, 3);
}

/// A way to the server that counts how often it is asked something after it has answered.
async fn counting_proxy(server: String) -> (u16, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let trips = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&trips);
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let (server, trips) = (server.clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                let mut server = TcpStream::connect(server).await.unwrap();
                let (mut asked, mut answered) = ([0; 8192], [0; 8192]);
                let mut is_asking = false;
                loop {
                    tokio::select! {
                        asked_bytes = client.read(&mut asked) => {
                            let Ok(length @ 1..) = asked_bytes else { return };
                            trips.fetch_add(u32::from(!is_asking), Ordering::Relaxed);
                            is_asking = true;
                            server.write_all(&asked[..length]).await.unwrap();
                        }
                        answered_bytes = server.read(&mut answered) => {
                            let Ok(length @ 1..) = answered_bytes else { return };
                            is_asking = false;
                            client.write_all(&answered[..length]).await.unwrap();
                        }
                    }
                }
            });
        }
    });
    (port, trips)
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
    database.read(Arc::clone(&stage), SELECT).await.unwrap();
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
