use std::sync::Arc;
use std::time::Duration;

use hexpress_test_support::Kind;
use rstest::rstest;

use super::DatabaseErrors;
use crate::database::Database;
use crate::options::DatabaseOptions;
use crate::testing::{INSERT, SCHEMA, SELECT, Stage, open_to_be_cut, options, stage};
use crate::work::Work;

#[rstest]
#[tokio::test]
async fn who_holds_waits_and_gives_up_is_counted(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stage = stage(kind).await;
    let options = DatabaseOptions {
        pool_max: 1,
        acquire_timeout: Duration::from_millis(200),
        ..options(&stage.raw)
    };
    let database = Database::open(options, SCHEMA).await.unwrap();
    let begin = database.status();
    assert_eq!((begin.max_connections, begin.connections), (1, 1));
    assert_eq!((begin.idle_connections, begin.waiting), (1, 0));

    let hold: Work<Arc<Stage>, ()> = |_, stage| {
        Box::pin(async move {
            stage.reached.notify_one();
            stage.go_on.notified().await;
            Ok(())
        })
    };
    let holder = tokio::spawn({
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        async move { database.read(stage, hold).await }
    });
    stage.reached.notified().await;
    let waiter = tokio::spawn({
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        async move { database.read(stage, SELECT).await }
    });
    while database.status().waiting == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(database.status().idle_connections, 0);
    assert!(waiter.await.unwrap().is_err());
    stage.go_on.notify_one();
    holder.await.unwrap().unwrap();

    let end = database.status();
    assert_eq!((end.idle_connections, end.waiting), (1, 0));
    assert_eq!(end.acquired, begin.acquired + 1);
    assert!(end.waited >= begin.waited);
    assert_eq!(end.errors.no_connection, 1);
}

#[rstest]
#[tokio::test]
async fn faults_are_counted_and_answers_are_not(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stage = stage(kind).await;
    let database = Database::open(options(&stage.raw), SCHEMA).await.unwrap();
    database.write(Arc::clone(&stage), INSERT).await.unwrap();
    assert_eq!(database.status().errors, DatabaseErrors::default());
    // No constraint of ours: a fault of the program.
    database
        .write(Arc::clone(&stage), INSERT)
        .await
        .unwrap_err();
    let expected = DatabaseErrors {
        internal: 1,
        ..DatabaseErrors::default()
    };
    assert_eq!(database.status().errors, expected);
}

#[tokio::test]
async fn a_lost_connection_is_counted_though_nobody_was_told() {
    let stage = stage(Kind::Postgres).await;
    let database = open_to_be_cut(&stage).await;
    database.read(Arc::clone(&stage), SELECT).await.unwrap();
    stage.cut_unnoticed();
    database.read(Arc::clone(&stage), SELECT).await.unwrap();
    assert_eq!(database.status().errors.connection_lost, 1);
}
