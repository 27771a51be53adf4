//! What the port promises, by the testkit, and what the file adds to it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::sync::Arc;

use hexpress_domain::auth::{LoginGuard, Reservation};
use hexpress_domain::repository::RepositoryError;
use hexpress_testkit::login_guard::{Guards, LIMIT};
use hexpress_testkit::samples::attempt;
use json_file_adapter::JsonFileLoginGuard;
use tempfile::TempDir;

/// Guards on files of their own, and the folder that these are removed with.
async fn guards() -> (Guards, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let open = |name, limit| {
        let guard = JsonFileLoginGuard::open(folder.path().join(name), limit);
        Arc::new(guard.unwrap())
    };
    let guards = Guards {
        limited: open("limited.json", LIMIT),
        unlimited: open("unlimited.json", 0),
    };
    (guards, folder)
}

hexpress_testkit::login_guard_promises!(guards);

#[tokio::test]
async fn what_was_counted_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || JsonFileLoginGuard::open(folder.path().join("guesses.json"), LIMIT).unwrap();
    for _ in 0..LIMIT {
        let outcome = open().reserve(attempt(1, 1)).await;
        assert!(matches!(outcome.unwrap(), Reservation::Granted { .. }));
    }
    let outcome = open().reserve(attempt(1, 1)).await.unwrap();
    assert_eq!(outcome, Reservation::Pending);
}

#[tokio::test]
async fn a_guess_that_cannot_be_written_down_is_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("missing");
    let guard = JsonFileLoginGuard::open(below.join("guesses.json"), 1).unwrap();
    let outcome = guard.reserve(attempt(1, 1)).await;
    assert!(matches!(outcome, Err(RepositoryError::Unavailable(_))));
    fs::create_dir(below).unwrap();
    let outcome = guard.reserve(attempt(1, 1)).await;
    assert!(matches!(outcome.unwrap(), Reservation::Granted { .. }));
}

#[test]
fn what_is_no_file_of_counters_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guesses.json");
    fs::write(&path, "something else").unwrap();
    assert!(JsonFileLoginGuard::open(path.clone(), LIMIT).is_err());
    assert_eq!(fs::read_to_string(path).unwrap(), "something else");
}
