//! The OpenAPI document, as it is printed, served and kept beside the documentation.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Kind, Server, TestDatabase, hexpress, stderr, stdout};

fn printed() -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = hexpress(folder.path()).arg("openapi").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn the_document_in_the_repository_is_the_one_of_the_code() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let kept = fs::read_to_string(kept).unwrap_or_default();
    assert!(
        kept == printed(),
        "docs/openapi.json is not what the code says. Renew it, and read what has changed:\n\
         cargo run --quiet -- openapi > docs/openapi.json"
    );
}

#[test]
fn it_is_printed_whatever_the_settings_are() {
    let folder = tempfile::tempdir().unwrap();
    let output = hexpress(folder.path())
        .arg("openapi")
        .env("APP_ENV", "production")
        .output()
        .unwrap();
    assert_eq!(stdout(&output), printed(), "{}", stderr(&output));
}

#[tokio::test]
async fn it_is_served_as_it_is_printed() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let server = Server::start(&database, &[]);
    let served = server.anonymous().get("/api/openapi.json").await;
    assert_eq!(served.status, 200);
    let printed: Value = serde_json::from_str(&printed()).unwrap();
    assert_eq!(served.body, printed);
}
