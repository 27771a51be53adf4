use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_test_support::Kind;
use tokio::task::JoinHandle;

use crate::connection::Connection;
use crate::database::Database;
use crate::error::Failure;
use crate::options::DatabaseOptions;
use crate::sqlite::group_commit::MAX_QUEUED;
use crate::testing::{INSERT, SCHEMA, Stage, open, options, run, stage};
use crate::work::Work;

/// The notes of a stage, and the number of one of them.
type Note = (Arc<Stage>, usize);

async fn note(connection: &mut Connection, number: usize) -> Result<(), Failure> {
    let sql = format!("INSERT INTO notes VALUES ({number}, 'a')");
    run(connection, &sql).await
}

/// The first one to run waits until it is told to go on.
const WRITES: Work<Note, ()> = |connection, (stage, number)| {
    Box::pin(async move {
        if stage.runs.fetch_add(1, Ordering::Relaxed) == 0 {
            stage.reached.notify_one();
            stage.go_on.notified().await;
        }
        note(connection, *number).await
    })
};

const REFUSES: Work<Note, ()> = |connection, (_, number)| {
    Box::pin(async move {
        note(connection, *number).await?;
        Err(RepositoryError::Conflict(Conflict("refused")).into())
    })
};

const PANICS: Work<Note, ()> = |connection, (_, number)| {
    Box::pin(async move {
        note(connection, *number).await?;
        panic!("a bug")
    })
};

/// Refers to what is not there, which only the commit finds out.
const FAILS_LATE: Work<Note, ()> = |connection, (_, number)| {
    Box::pin(async move {
        note(connection, *number).await?;
        run(connection, "INSERT INTO replies VALUES (1000)").await
    })
};

async fn stage_with_replies() -> Arc<Stage> {
    let stage = stage(Kind::Sqlite).await;
    let replies =
        "CREATE TABLE replies (note bigint REFERENCES notes DEFERRABLE INITIALLY DEFERRED)";
    stage.raw.execute(replies).await;
    stage
}

/// Waits until a write stands still in the middle, and its caller knows that its turn has
/// come: until then the caller counts as one who waits.
async fn stands_still(database: &Database, stage: &Stage) {
    stage.reached.notified().await;
    while database.status().waiting > 0 {
        tokio::task::yield_now().await;
    }
}

/// Does these as one group: the others queue up while the first one waits.
async fn together(
    database: &Database,
    stage: &Arc<Stage>,
    works: &[Work<Note, ()>],
) -> Vec<Result<(), RepositoryError>> {
    let mut writes = Vec::new();
    for (number, &work) in works.iter().enumerate() {
        let (database_, note) = (database.clone(), (Arc::clone(stage), number));
        writes.push(tokio::spawn(
            async move { database_.write(note, work).await },
        ));
        if number == 0 {
            stands_still(database, stage).await;
        }
        while database.status().waiting < number {
            tokio::task::yield_now().await;
        }
    }
    stage.go_on.notify_one();
    let mut outcomes = Vec::new();
    for write in writes {
        outcomes.push(write.await.unwrap());
    }
    outcomes
}

#[tokio::test]
async fn a_part_that_fails_takes_no_other_with_it() {
    let stage = stage_with_replies().await;
    let database = open(&stage.raw).await;
    let works = [WRITES, REFUSES, WRITES, PANICS, WRITES];
    let outcomes = together(&database, &stage, &works).await;
    assert!(
        matches!(
            outcomes.as_slice(),
            [
                Ok(()),
                Err(RepositoryError::Conflict(Conflict("refused"))),
                Ok(()),
                Err(RepositoryError::Internal(_)),
                Ok(()),
            ]
        ),
        "{outcomes:?}"
    );
    let rows = stage
        .raw
        .query_text("SELECT id FROM notes ORDER BY id")
        .await;
    let notes: Vec<_> = rows.into_iter().flatten().flatten().collect();
    assert_eq!(notes, ["0", "2", "4"]);
}

#[tokio::test]
async fn a_commit_that_fails_is_no_success_for_anybody() {
    let stage = stage_with_replies().await;
    let database = open(&stage.raw).await;
    let works = [WRITES, REFUSES, FAILS_LATE, WRITES];
    let outcomes = together(&database, &stage, &works).await;
    for outcome in &outcomes {
        let is_unavailable = matches!(outcome, Err(RepositoryError::Unavailable(_)));
        assert!(is_unavailable, "{outcomes:?}");
    }
    assert_eq!(stage.count().await, "0");
    // The writer goes on.
    database.write(Arc::clone(&stage), INSERT).await.unwrap();
    assert_eq!(stage.count().await, "1");
}

#[tokio::test]
async fn nothing_is_answered_before_it_is_committed() {
    let stage = stage_with_replies().await;
    let database = open(&stage.raw).await;
    let held: Work<Note, ()> = |connection, (stage, number)| {
        Box::pin(async move {
            note(connection, *number).await?;
            stage.both.wait().await;
            stage.both.wait().await;
            Ok(())
        })
    };
    let first = tokio::spawn({
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        async move { database.write((stage, 0), WRITES).await }
    });
    stands_still(&database, &stage).await;
    let second = tokio::spawn({
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        async move { database.write((stage, 1), held).await }
    });
    while database.status().waiting == 0 {
        tokio::task::yield_now().await;
    }
    stage.go_on.notify_one();
    // The first part is done, and the second runs.
    stage.both.wait().await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!first.is_finished());
    assert_eq!(stage.count().await, "0");
    stage.both.wait().await;
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(stage.count().await, "2");
}

#[tokio::test]
async fn a_write_whose_turn_does_not_come_in_time_is_never_done() {
    let stage = stage_with_replies().await;
    let database = Database::open(
        DatabaseOptions {
            acquire_timeout: Duration::from_millis(200),
            ..options(&stage.raw)
        },
        SCHEMA,
    )
    .await
    .unwrap();
    let first = tokio::spawn({
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        async move { database.write((stage, 0), WRITES).await }
    });
    stage.reached.notified().await;
    let late = database.write((Arc::clone(&stage), 1), WRITES).await;
    assert!(matches!(late, Err(RepositoryError::Unavailable(_))));
    let status = database.status();
    assert_eq!((status.waiting, status.errors.no_connection), (0, 1));
    stage.go_on.notify_one();
    first.await.unwrap().unwrap();
    database
        .write((Arc::clone(&stage), 2), WRITES)
        .await
        .unwrap();
    assert_eq!(stage.count().await, "2");
}

#[tokio::test]
async fn a_write_whose_caller_has_gone_before_its_turn_holds_nothing_and_is_not_done() {
    let stage = stage_with_replies().await;
    let database = open(&stage.raw).await;
    let first = tokio::spawn({
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        async move { database.write((stage, 0), WRITES).await }
    });
    stands_still(&database, &stage).await;
    let holders = Arc::strong_count(&stage);
    let goes = tokio::spawn({
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        async move { database.write((stage, 1), WRITES).await }
    });
    while database.status().waiting == 0 {
        tokio::task::yield_now().await;
    }
    goes.abort();
    assert!(goes.await.unwrap_err().is_cancelled());
    assert_eq!(Arc::strong_count(&stage), holders);
    stage.go_on.notify_one();
    first.await.unwrap().unwrap();
    database
        .write((Arc::clone(&stage), 2), WRITES)
        .await
        .unwrap();
    let rows = stage.raw.query_text("SELECT id FROM notes").await;
    let notes: Vec<_> = rows.into_iter().flatten().flatten().collect();
    assert_eq!(notes, ["0", "2"]);
}

#[tokio::test]
async fn no_more_wait_than_the_queue_has_places_for() {
    let stage = stage_with_replies().await;
    let database = open(&stage.raw).await;
    // The first has its place until it is done, and so have those behind it.
    let writes = (0..MAX_QUEUED).map(|number| {
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        tokio::spawn(async move { database.write((stage, number), WRITES).await })
    });
    let writes: Vec<_> = writes.collect();
    stage.reached.notified().await;
    while database.status().waiting < MAX_QUEUED - 1 {
        tokio::task::yield_now().await;
    }
    let refused = database
        .write((Arc::clone(&stage), MAX_QUEUED), WRITES)
        .await;
    assert!(
        matches!(refused, Err(RepositoryError::Unavailable(_))),
        "{refused:?}"
    );
    assert_eq!(database.status().errors.no_connection, 1);
    // Those who go leave their places at once, whatever runs.
    let (gone, stay) = writes.split_at(MAX_QUEUED / 2);
    let gone = &gone[1..];
    for write in gone {
        write.abort();
    }
    while !gone.iter().all(JoinHandle::is_finished) {
        tokio::task::yield_now().await;
    }
    let next = tokio::spawn({
        let (database, stage) = (database.clone(), Arc::clone(&stage));
        async move { database.write((stage, MAX_QUEUED), WRITES).await }
    });
    while database.status().waiting <= stay.len() {
        tokio::task::yield_now().await;
    }
    stage.go_on.notify_one();
    next.await.unwrap().unwrap();
    let done = MAX_QUEUED - gone.len() + 1;
    assert_eq!(stage.count().await, done.to_string());
}
