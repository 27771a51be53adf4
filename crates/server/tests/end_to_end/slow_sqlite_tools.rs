//! The database file in the hands of the system's own `sqlite3`, which is older than the one that
//! is built into the program: 3.40 on Debian 12.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Server, hexpress, stderr, stdout};

fn sqlite3(folder: &Path, arguments: &[&str], input: Stdio) -> String {
    let output = Command::new("sqlite3")
        .args(["-batch", "-bail"])
        .args(arguments)
        .current_dir(folder)
        .stdin(input)
        .output()
        .expect("the package sqlite3 is not installed: scripts/test does so");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    stdout(&output)
}

async fn serve(folder: &Path, file: &str) -> (Server, Value) {
    let mut command = hexpress(folder);
    command.env("DATABASE_URL", format!("sqlite://{file}"));
    let server = Server::spawn(command);
    let posts = server
        .anonymous()
        .get("/api/posts?limit=100&search=a")
        .await;
    assert_eq!(posts.status, 200);
    (server, posts.body["data"].clone())
}

#[tokio::test]
async fn the_systems_program_reads_checks_dumps_and_reloads_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let seed = hexpress(folder)
        .env("DATABASE_URL", "sqlite://shop.db")
        .args(["seed", "--users", "5", "--posts", "40", "--products", "5"])
        .args(["--orders", "5"])
        .output()
        .unwrap();
    assert!(seed.status.success(), "{}", stderr(&seed));
    let (server, before) = serve(folder, "shop.db").await;
    assert!(server.terminate().success());
    assert_ne!(before, json!([]));

    let query = |file, sql| sqlite3(folder, &[file, sql], Stdio::null());
    assert_eq!(query("shop.db", "PRAGMA integrity_check"), "ok\n");
    assert_eq!(query("shop.db", "PRAGMA foreign_key_check"), "");
    assert_eq!(query("shop.db", "SELECT count(*) FROM posts"), "40\n");

    let dump = query("shop.db", ".dump");
    std::fs::write(folder.join("dump.sql"), dump).unwrap();
    let dump = File::open(folder.join("dump.sql")).unwrap();
    sqlite3(folder, &["reloaded.db"], dump.into());
    assert_eq!(query("reloaded.db", "PRAGMA integrity_check"), "ok\n");
    let (server, after) = serve(folder, "reloaded.db").await;
    assert_eq!(after, before);
    server.sign_up("ada").await;
    assert!(server.terminate().success());
}
