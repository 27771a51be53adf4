use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hexpress_test_support::Kind;

use super::{BackupError, Partial};
use crate::address::DatabaseUrl;
use crate::address::SqliteLocation;
use crate::database::Database;
use crate::options::DatabaseOptions;
use crate::testing::{SCHEMA, Stage, open, options, run, stage};
use crate::work::Work;

/// Two rows in one transaction, told apart by the number of the run.
const PAIR: Work<Arc<Stage>, ()> = |connection, stage| {
    Box::pin(async move {
        let number = stage.runs.fetch_add(1, Ordering::Relaxed) * 2;
        run(
            connection,
            &format!("INSERT INTO notes VALUES ({number}, 'a')"),
        )
        .await?;
        let number = number + 1;
        run(
            connection,
            &format!("INSERT INTO notes VALUES ({number}, 'b')"),
        )
        .await
    })
};

#[tokio::test]
async fn a_copy_under_load_is_whole_and_of_one_moment() {
    let stage = stage(Kind::Sqlite).await;
    let database = open(&stage.raw).await;
    let folder = tempfile::tempdir().unwrap();
    let stopping = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (database, stage, stopping) = (database.clone(), Arc::clone(&stage), stopping.clone());
        async move {
            while !stopping.load(Ordering::Relaxed) {
                database.write(Arc::clone(&stage), PAIR).await.unwrap();
            }
        }
    });
    for number in 0..5 {
        let begun = stage.runs.load(Ordering::Relaxed);
        while stage.runs.load(Ordering::Relaxed) < begun + 20 {
            tokio::task::yield_now().await;
        }
        let file = folder.path().join(format!("{number}.db"));
        database.back_up(&file).await.unwrap();
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    stopping.store(true, Ordering::Relaxed);
    writer.await.unwrap();

    let mut before = 0;
    for number in 0..5 {
        let file = folder.path().join(format!("{number}.db"));
        let copy = DatabaseOptions {
            url: DatabaseUrl::Sqlite(SqliteLocation::File(file)),
            ..options(&stage.raw)
        };
        let copy = Database::open(copy, SCHEMA).await.unwrap();
        let (check, pairs) = copy.read((), LOOK).await.unwrap();
        assert_eq!(check, "ok");
        assert!(
            pairs.0 == pairs.1 && pairs.0 > before,
            "{pairs:?}, {before}"
        );
        before = pairs.0;
    }
    let left = fs::read_dir(folder.path()).unwrap();
    let strange = left.filter(|file| {
        let name = file.as_ref().unwrap().file_name().into_string().unwrap();
        !name.contains(".db")
    });
    assert_eq!(strange.count(), 0);
}

/// Whether the file is sound, and how many first and second rows it holds.
const LOOK: Work<(), (String, (i64, i64))> = |connection, ()| {
    Box::pin(async move {
        use diesel::dsl::sql;
        use diesel::sql_types::{BigInt, Text};
        use diesel_async::RunQueryDsl;

        let crate::connection::Connection::Sqlite(connection) = connection else {
            unreachable!()
        };
        let check = sql::<Text>("PRAGMA integrity_check");
        let check: String = check.get_result(connection).await?;
        let first = sql::<BigInt>("SELECT count(*) FROM notes WHERE text = 'a'");
        let first: i64 = first.get_result(connection).await?;
        let second = sql::<BigInt>("SELECT count(*) FROM notes WHERE text = 'b'");
        let second: i64 = second.get_result(connection).await?;
        Ok((check, (first, second)))
    })
};

#[tokio::test]
async fn nothing_is_overwritten_and_nothing_left_of_a_failure() {
    let stage = stage(Kind::Sqlite).await;
    let database = open(&stage.raw).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    fs::write(&file, "precious").unwrap();
    let refused = database.back_up(&file).await;
    assert!(matches!(refused, Err(BackupError::Exists { .. })));
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let nowhere = folder.path().join("missing/a.db");
    let refused = database.back_up(&nowhere).await;
    assert!(matches!(refused, Err(BackupError::File { .. })));
}

#[tokio::test]
async fn postgres_has_programs_of_its_own() {
    let stage = stage(Kind::Postgres).await;
    let database = open(&stage.raw).await;
    let refused = database.back_up("never.db".as_ref()).await.unwrap_err();
    assert!(refused.to_string().contains("pg_dump"));
}

#[tokio::test]
async fn what_a_killed_process_has_left_is_removed_and_what_another_writes_is_not() {
    let stage = stage(Kind::Sqlite).await;
    let database = open(&stage.raw).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let left = folder.path().join(".a.db.partial");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("copy"), "people's data").unwrap();
    fs::write(left.join("copy-journal"), "people's data").unwrap();

    let running = fs::File::open(&left).unwrap();
    running.lock().unwrap();
    let refused = database.back_up(&file).await;
    assert!(matches!(refused, Err(BackupError::Running { .. })));
    assert!(left.join("copy").exists());

    drop(running);
    database.back_up(&file).await.unwrap();
    let names = fs::read_dir(folder.path()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["a.db"]);
}

/// As where the future is dropped while SQLite writes.
#[test]
fn nothing_is_left_of_a_copy_that_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let partial = Partial::make(folder.path(), &folder.path().join("a.db")).unwrap();
    assert!(partial.copy().exists());
    fs::write(partial.folder.join("copy-journal"), "people's data").unwrap();
    drop(partial);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
