use std::error::Error;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use hexpress_domain::repository::RepositoryError;
use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;
use tokio::sync::Notify;

use super::runner::lock_key;
use super::{MigrationError, MigrationState, Migrator};
use crate::activity::Readiness;
use crate::address::DatabaseUrl;
use crate::connection::Connection;
use crate::database::Database;
use crate::options::DatabaseOptions;
use crate::postgres::commands;
use crate::testing::{SCHEMA, open, options, run};
use crate::work::Work;

async fn state_of(migrator: &Migrator, name: &str) -> Option<MigrationState> {
    let status = migrator.status().await.unwrap();
    let migration = status.into_iter().find(|migration| migration.name == name);
    migration.map(|migration| migration.state)
}

#[rstest]
#[tokio::test]
async fn looking_writes_nothing(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let raw = TestDatabase::empty(kind).await;
    let database = open(&raw).await;
    let status = database.migrator().status().await.unwrap();
    assert!(!status.is_empty());
    assert!(status.iter().all(|m| m.state == MigrationState::Pending));
    assert_eq!(database.readiness().await, Readiness::MigrationsPending);
    // It does not exist: this would fail otherwise.
    raw.execute("CREATE TABLE __diesel_schema_migrations (version text)")
        .await;
}

#[rstest]
#[tokio::test]
async fn each_migration_runs_once_however_many_want_it(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let raw = TestDatabase::empty(kind).await;
    let mut tasks = Vec::new();
    for _ in 0..5 {
        let database = open(&raw).await;
        tasks.push(tokio::spawn(async move { database.migrator().up().await }));
    }
    let mut runs = Vec::new();
    for task in tasks {
        runs.extend(task.await.unwrap().unwrap());
    }
    let status = open(&raw).await.migrator().status().await.unwrap();
    let names: Vec<_> = status.into_iter().map(|migration| migration.name).collect();
    assert_eq!(runs, names);
}

#[rstest]
#[tokio::test]
async fn those_of_other_versions_are_shown_and_left_alone(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let raw = TestDatabase::empty(kind).await;
    let database = open(&raw).await;
    database.migrator().up().await.unwrap();
    raw.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231235959')")
        .await;
    let migrator = database.migrator();
    let newest = "29991231235959";
    assert_eq!(
        state_of(&migrator, newest).await,
        Some(MigrationState::Unknown)
    );
    assert_eq!(database.readiness().await, Readiness::Ready);
    for all in [false, true] {
        let refused = migrator.down(all).await;
        assert!(matches!(refused, Err(MigrationError::Unknown(name)) if name == newest));
    }
    assert!(migrator.pending().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_not_ready() {
    let raw = TestDatabase::empty(Kind::Postgres).await;
    open(&raw).await.migrator().up().await.unwrap();
    let mut options = options(&raw);
    let DatabaseUrl::Postgres(url) = &mut options.url else {
        unreachable!()
    };
    *url.options.get_or_insert_default() += " -c default_transaction_read_only=on";
    let database = Database::open(options, SCHEMA).await.unwrap();
    assert_eq!(database.readiness().await, Readiness::Unreachable);
    let create: Work<(), ()> =
        |connection, ()| Box::pin(run(connection, "CREATE TABLE other (id int)"));
    let refused = database.write((), create).await;
    assert!(
        matches!(refused, Err(RepositoryError::Internal(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn no_file_takes_the_place_of_one_that_was_moved_away() {
    let raw = TestDatabase::empty(Kind::Sqlite).await;
    let database = open(&raw).await;
    database.migrator().up().await.unwrap();
    let path = raw.url().trim_start_matches("sqlite://");
    std::fs::rename(path, format!("{path}.aside")).unwrap();
    // While the connection of the start is in use, others have to be opened.
    let held: Work<Arc<[Notify; 2]>, ()> = |_, begins_and_ends| {
        Box::pin(async move {
            begins_and_ends[0].notify_one();
            begins_and_ends[1].notified().await;
            Ok(())
        })
    };
    let begins_and_ends = Arc::new([Notify::new(), Notify::new()]);
    let reading = tokio::spawn({
        let (database, input) = (database.clone(), Arc::clone(&begins_and_ends));
        async move { database.read(input, held).await }
    });
    begins_and_ends[0].notified().await;
    let count: Work<(), ()> =
        |connection, ()| Box::pin(run(connection, "SELECT count(*) FROM notes"));
    let refused = database.read((), count).await.unwrap_err();
    let cause = refused.source().unwrap().to_string();
    assert!(cause.contains("put the file back"), "{cause}");
    assert!(!std::fs::exists(path).unwrap());
    begins_and_ends[1].notify_one();
    reading.await.unwrap().unwrap();
    assert_eq!(database.readiness().await, Readiness::Unreachable);
}

#[tokio::test]
async fn a_corrupt_file_is_a_fault_of_ours_and_not_ready() {
    let raw = TestDatabase::empty(Kind::Sqlite).await;
    let database = open(&raw).await;
    database.migrator().up().await.unwrap();
    assert_eq!(database.readiness().await, Readiness::Ready);
    let fill: Work<(), ()> = |connection, ()| {
        Box::pin(run(
            connection,
            "CREATE TABLE other (id integer PRIMARY KEY, text text);
             WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 5000)
                 INSERT INTO other SELECT id, 'a text of some length' FROM n;",
        ))
    };
    database.write((), fill).await.unwrap();
    // Closed, the file has all that the write-ahead log had.
    assert!(database.close(Duration::from_secs(20)).await);
    drop(database);
    let path = raw.url().trim_start_matches("sqlite://");
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.write_all_at(
        &vec![0xff; usize::try_from(length / 2).unwrap()],
        length / 2,
    )
    .unwrap();

    let database = open(&raw).await;
    let change: Work<(), ()> =
        |connection, ()| Box::pin(run(connection, "UPDATE other SET text = text || 'x'"));
    for _ in 0..2 {
        let refused = database.write((), change).await;
        assert!(
            matches!(refused, Err(RepositoryError::Internal(_))),
            "{refused:?}"
        );
    }
    assert_eq!(database.readiness().await, Readiness::Unreachable);
}

#[rstest]
#[tokio::test]
async fn what_a_migration_will_bring_is_missing_for_now_alone(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let raw = TestDatabase::empty(kind).await;
    let database = open(&raw).await;
    let ask: Work<(), ()> = |connection, ()| Box::pin(run(connection, "SELECT missing FROM notes"));
    for is_migrated in [false, true] {
        for (door, outcome) in [
            ("look_up", database.look_up((), ask).await),
            ("read", database.read((), ask).await),
            ("search", database.search((), ask).await),
            ("write", database.write((), ask).await),
            ("change", database.change((), ask).await),
        ] {
            match outcome {
                Err(RepositoryError::Unavailable(_)) => assert!(!is_migrated, "{door}"),
                Err(RepositoryError::Internal(_)) => assert!(is_migrated, "{door}: {outcome:?}"),
                other => panic!("{door}: {other:?}"),
            }
        }
        database.migrator().up().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_further_down_the_search_path_does_not_count() {
    let other = TestDatabase::empty(Kind::Postgres).await;
    open(&other).await.migrator().up().await.unwrap();
    let raw = TestDatabase::empty(Kind::Postgres).await;
    let schema = other.query_text("SELECT current_schema()").await;
    let other = schema.into_iter().flatten().flatten().next().unwrap();
    let url = raw
        .url()
        .replace("%2Cpublic", &format!("%2C{other}%2Cpublic"));
    assert_ne!(url, raw.url());
    let database = Database::open(
        DatabaseOptions {
            url: url.parse().unwrap(),
            ..options(&raw)
        },
        SCHEMA,
    )
    .await
    .unwrap();
    assert_eq!(database.readiness().await, Readiness::MigrationsPending);
}

#[tokio::test]
async fn a_search_path_need_not_name_the_schema_of_extensions() {
    let raw = TestDatabase::empty(Kind::Postgres).await;
    let url = raw.url().replace("%2Cpublic", "");
    assert_ne!(url, raw.url());
    let database = Database::open(
        DatabaseOptions {
            url: url.parse().unwrap(),
            ..options(&raw)
        },
        SCHEMA,
    )
    .await
    .unwrap();
    database.migrator().up().await.unwrap();
}

#[rstest]
#[tokio::test]
async fn waiting_for_other_migrations_has_an_end(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    struct Stage {
        key: i64,
        reached: Notify,
        go_on: Notify,
    }
    let raw = TestDatabase::empty(kind).await;
    let holder = open(&raw).await;
    let key = match kind {
        Kind::Sqlite => 0,
        Kind::Postgres => {
            let schema = raw.query_text("SELECT current_schema()").await;
            lock_key(&schema.into_iter().flatten().flatten().next().unwrap())
        }
    };
    let stage = Arc::new(Stage {
        key,
        reached: Notify::new(),
        go_on: Notify::new(),
    });
    // On SQLite, any transaction that writes is in the way.
    let work: Work<Arc<Stage>, ()> = |connection, stage| {
        Box::pin(async move {
            if let Connection::Postgres(c) = connection {
                assert!(commands::try_migration_lock(&mut &***c, stage.key).await?);
            }
            stage.reached.notify_one();
            stage.go_on.notified().await;
            if let Connection::Postgres(c) = connection {
                commands::release_migration_lock(&mut &***c, stage.key).await?;
            }
            Ok(())
        })
    };
    holder.spawn_write(Arc::clone(&stage), work);
    stage.reached.notified().await;

    let hurried = Database::open(
        DatabaseOptions {
            lock_timeout: Duration::from_millis(10),
            migrate_lock_timeout: Duration::from_millis(300),
            ..options(&raw)
        },
        SCHEMA,
    )
    .await
    .unwrap();
    let refused = hurried.migrator().up().await;
    assert!(
        matches!(refused, Err(MigrationError::Locked(_))),
        "{refused:?}"
    );
    // The lock timeout is far shorter, and ends no waiting for migrations.
    let patient = Database::open(
        DatabaseOptions {
            lock_timeout: Duration::from_millis(10),
            ..options(&raw)
        },
        SCHEMA,
    )
    .await
    .unwrap();
    let waiting = tokio::spawn(async move { patient.migrator().up().await });
    stage.go_on.notify_one();
    assert!(!waiting.await.unwrap().unwrap().is_empty());
}

#[rstest]
#[tokio::test]
async fn a_migration_that_fails_is_named(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let raw = TestDatabase::empty(kind).await;
    raw.execute("CREATE TABLE notes (id int)").await;
    let failed = open(&raw).await.migrator().up().await;
    assert!(
        matches!(&failed, Err(MigrationError::Failed { name, .. }) if name.ends_with("_create_notes")),
        "{failed:?}"
    );
}

#[test]
fn schemas_have_locks_of_their_own() {
    assert_eq!(lock_key("public"), lock_key("public"));
    assert_ne!(lock_key("public"), lock_key("shop"));
}
