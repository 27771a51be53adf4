use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use diesel::Connection as _;
use hexpress_test_support::{Kind, TestDatabase};

use super::*;
use crate::address::{DatabaseUrl, SqliteLocation};
use crate::database::Database;
use crate::options::DatabaseOptions;
use crate::testing::{SCHEMA, options, run};
use crate::work::Work;

const NOTE: Work<&'static str, ()> = |connection, text| {
    Box::pin(async move {
        let note = format!("INSERT INTO notes VALUES (randomblob(16), '{text}', 0, 0)");
        run(connection, &note).await
    })
};

const TEXTS: Work<(), Vec<String>> = |connection, ()| {
    Box::pin(async move {
        let crate::connection::Connection::Sqlite(connection) = connection else {
            unreachable!()
        };
        let texts = diesel::dsl::sql::<Text>("SELECT title FROM notes ORDER BY title");
        Ok(diesel_async::RunQueryDsl::load(texts, connection).await?)
    })
};

/// A folder with a database of one note, `old`, and a backup of another one, `new`.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let old = scene.open("hexpress.db").await;
        old.migrator().up().await.unwrap();
        old.back_up(&scene.path("backup.db")).await.unwrap();
        old.write("old", NOTE).await.unwrap();
        old.close(Duration::MAX).await;
        let new = scene.open("backup.db").await;
        new.write("new", NOTE).await.unwrap();
        new.back_up(&scene.path("new.db")).await.unwrap();
        new.close(Duration::MAX).await;
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn open(&self, name: &str) -> Database {
        let raw = TestDatabase::empty(Kind::Sqlite).await;
        let options = DatabaseOptions {
            url: DatabaseUrl::Sqlite(SqliteLocation::File(self.path(name))),
            ..options(&raw)
        };
        Database::open(options, SCHEMA).await.unwrap()
    }

    async fn texts(&self, name: &str) -> Vec<String> {
        let database = self.open(name).await;
        let texts = database.read((), TEXTS).await.unwrap();
        database.close(Duration::MAX).await;
        texts
    }

    fn restore(&self, backup: &str) -> Result<Vec<Migration>, RestoreError> {
        let database = self.path("hexpress.db");
        restore(&self.path(backup), &database, &self.path("kept"), &SCHEMA)
    }

    /// The names in the folder that a refused restoring has no right to add.
    fn strange(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.contains("kept") || name.contains("partial"))
            .collect()
    }
}

#[tokio::test]
async fn a_backup_takes_the_place_of_the_database_which_is_kept() {
    let scene = Scene::new().await;
    let migrations = scene.restore("new.db").unwrap();
    assert!(!migrations.is_empty());
    assert!(
        migrations
            .iter()
            .all(|m| m.state == MigrationState::Applied)
    );
    assert_eq!(scene.texts("hexpress.db").await, ["new"]);
    assert_eq!(scene.texts("kept").await, ["old"]);
    assert_eq!(scene.texts("new.db").await, ["new"]);
}

#[tokio::test]
async fn a_database_that_is_missing_is_made() {
    let scene = Scene::new().await;
    let database = scene.open("hexpress.db").await;
    database.write("last", NOTE).await.unwrap();
    let log = beside(&scene.path("hexpress.db"), "-wal");
    let left = fs::read(&log).unwrap();
    database.close(Duration::MAX).await;
    drop(database);
    fs::remove_file(scene.path("hexpress.db")).unwrap();
    // SQLite would write it into the new one.
    fs::write(&log, left).unwrap();
    scene.restore("new.db").unwrap();
    assert_eq!(scene.texts("hexpress.db").await, ["new"]);
    assert_eq!(scene.strange(), ["kept-wal"]);
}

/// As a process leaves it that is killed: the last writes are in the log alone.
#[tokio::test]
async fn the_log_of_the_old_database_stays_with_it() {
    let scene = Scene::new().await;
    let database = scene.open("hexpress.db").await;
    database.write("last", NOTE).await.unwrap();
    fs::create_dir(scene.path("killed")).unwrap();
    let log = |name: &str| beside(&scene.path(name), "-wal");
    fs::copy(scene.path("hexpress.db"), scene.path("killed/hexpress.db")).unwrap();
    fs::copy(log("hexpress.db"), log("killed/hexpress.db")).unwrap();
    database.close(Duration::MAX).await;
    drop(database);

    let killed = scene.path("killed/hexpress.db");
    restore(
        &scene.path("new.db"),
        &killed,
        &scene.path("killed/kept"),
        &SCHEMA,
    )
    .unwrap();
    assert_eq!(scene.texts("killed/hexpress.db").await, ["new"]);
    assert_eq!(scene.texts("killed/kept").await, ["last", "old"]);
}

#[tokio::test]
async fn a_damaged_backup_is_refused() {
    let scene = Scene::new().await;
    let mut bytes = fs::read(scene.path("new.db")).unwrap();
    let end = bytes.len() - 2000;
    bytes[end..].fill(0xAA);
    fs::write(scene.path("damaged.db"), &bytes).unwrap();
    fs::write(scene.path("cut.db"), &bytes[..bytes.len() / 2]).unwrap();
    for name in ["damaged.db", "cut.db"] {
        let refused = scene.restore(name);
        let is_damaged = matches!(
            &refused,
            Err(RestoreError::Check(CheckError::Damaged { .. }))
        );
        assert!(is_damaged, "{name}: {refused:?}");
        assert!(check_backup(&scene.path(name), &SCHEMA).is_err());
    }
    assert_eq!(scene.texts("hexpress.db").await, ["old"]);
    assert_eq!(scene.strange(), [""; 0]);
}

#[tokio::test]
async fn what_is_no_backup_is_refused() {
    let scene = Scene::new().await;
    fs::write(scene.path("text.db"), "no database at all").unwrap();
    fs::write(scene.path("empty.db"), "").unwrap();
    for name in ["text.db", "empty.db"] {
        let refused = scene.restore(name);
        let is_none = matches!(
            refused,
            Err(RestoreError::Check(CheckError::NotADatabase(_)))
        );
        assert!(is_none, "{name}");
    }
    let missing = scene.restore("missing.db");
    assert!(matches!(
        missing,
        Err(RestoreError::Check(CheckError::File { .. }))
    ));
    let path = scene.path("songs.db").display().to_string();
    let mut songs = SqliteConnection::establish(&path).unwrap();
    sql_query("CREATE TABLE songs (id bigint)")
        .execute(&mut songs)
        .unwrap();
    drop(songs);
    let foreign = scene.restore("songs.db");
    assert!(matches!(foreign, Err(RestoreError::Foreign(_))));
    fs::write(beside(&scene.path("new.db"), "-wal"), "a log").unwrap();
    let refused = scene.restore("new.db");
    assert!(matches!(
        refused,
        Err(RestoreError::Check(CheckError::HasLog(_)))
    ));
    assert_eq!(scene.texts("hexpress.db").await, ["old"]);
    assert_eq!(scene.strange(), [""; 0]);
}
