use std::fs;
use std::path::Path;

use hexpress_infra::database::{OpenError, Readiness};

use crate::{open, refusal};

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

#[tokio::test]
async fn the_file_and_its_folder_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data/shop.db");
    let database = open(&url(&file)).await.unwrap();
    assert_eq!(database.readiness().await, Readiness::MigrationsPending);
    assert!(file.is_file());
}

#[tokio::test]
async fn a_path_that_is_missing_altogether_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(&url(&folder.path().join("no/such/shop.db"))).await;
    assert!(matches!(&error, OpenError::Folder { path, .. } if path.ends_with("no/such")));
    assert!(!folder.path().join("no").exists());
}

#[tokio::test]
async fn a_file_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    let text = "not a database ".repeat(100);
    fs::write(&file, &text).unwrap();
    let error = refusal(&url(&file)).await;
    assert!(matches!(&error, OpenError::NotADatabase { path } if *path == file));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(&url(folder.path())).await;
    assert!(matches!(error, OpenError::File { .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_in_memory_lives_in_its_one_connection() {
    let database = open("sqlite://:memory:").await.unwrap();
    assert_eq!(database.readiness().await, Readiness::MigrationsPending);
    let names = database.migrator().up().await.unwrap();
    assert!(!names.is_empty());
    let states = (0..20).map(|_| {
        let database = database.clone();
        tokio::spawn(async move { database.readiness().await })
    });
    for state in states.collect::<Vec<_>>() {
        assert_eq!(state.await.unwrap(), Readiness::Ready);
    }
    assert_eq!(database.readiness().await, Readiness::Ready);
    assert!(!Path::new(":memory:").exists());
}
