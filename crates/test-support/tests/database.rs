//! The throwaway databases themselves, before any migration.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

use hexpress_test_support::{Kind, TestDatabase};

fn row(values: &[Option<&str>]) -> Vec<Option<String>> {
    values
        .iter()
        .map(|value| value.map(str::to_owned))
        .collect()
}

async fn tests_do_not_see_each_other(kind: Kind) {
    let (one, other) = (
        TestDatabase::empty(kind).await,
        TestDatabase::empty(kind).await,
    );
    assert_ne!(one.url(), other.url());
    for (database, name) in [(&one, "ada"), (&other, "bob")] {
        database
            .execute(&format!(
                "CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('{name}')"
            ))
            .await;
    }
    let names = "SELECT name FROM people";
    assert_eq!(one.query_text(names).await, [row(&[Some("ada")])]);
    assert_eq!(other.query_text(names).await, [row(&[Some("bob")])]);
}

#[tokio::test]
async fn sqlite_tests_do_not_see_each_other() {
    tests_do_not_see_each_other(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_tests_do_not_see_each_other() {
    tests_do_not_see_each_other(Kind::Postgres).await;
}

async fn every_value_is_shown_as_text(kind: Kind) -> Vec<Vec<Option<String>>> {
    let database = TestDatabase::empty(kind).await;
    let bytes = match kind {
        Kind::Sqlite => "x'00ff'",
        Kind::Postgres => "'\\x00ff'::bytea",
    };
    let rows =
        format!("SELECT 1, 'é', NULL, {bytes} UNION ALL SELECT 2, '', NULL, {bytes} ORDER BY 1");
    database.query_text(&rows).await
}

#[tokio::test]
async fn sqlite_shows_every_value_as_text() {
    assert_eq!(
        every_value_is_shown_as_text(Kind::Sqlite).await,
        [
            row(&[Some("1"), Some("é"), None, Some("00ff")]),
            row(&[Some("2"), Some(""), None, Some("00ff")])
        ]
    );
}

#[tokio::test]
async fn postgres_shows_every_value_as_text() {
    assert_eq!(
        every_value_is_shown_as_text(Kind::Postgres).await,
        [
            row(&[Some("1"), Some("é"), None, Some("\\x00ff")]),
            row(&[Some("2"), Some(""), None, Some("\\x00ff")])
        ]
    );
}

#[tokio::test]
async fn postgres_tests_find_the_extension_in_public() {
    let database = TestDatabase::empty(Kind::Postgres).await;
    assert_eq!(
        database
            .query_text("SELECT similarity('hexpress', 'hexpress')")
            .await,
        [row(&[Some("1")])]
    );
}

#[tokio::test]
async fn a_sqlite_file_goes_with_its_test() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let path = std::path::PathBuf::from(database.url().strip_prefix("sqlite://").unwrap());
    let mode = database.query_text("PRAGMA journal_mode").await;
    assert_eq!(mode, [row(&[Some("wal")])]);
    assert!(path.is_file());
    drop(database);
    assert!(!path.parent().unwrap().exists());
}

#[tokio::test]
#[should_panic(expected = "nowhere")]
async fn a_statement_that_fails_fails_the_test() {
    let database = TestDatabase::empty(Kind::Sqlite).await;
    database.execute("DELETE FROM nowhere").await;
}
