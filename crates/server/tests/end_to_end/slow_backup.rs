//! Backups of PostgreSQL, made and restored as docs/operations.md says, and of SQLite, broken off.

use std::path::Path;
use std::process::Command;

use rstest::rstest;

use crate::support::{Kind, OwnPostgres, PASSWORD, Server, TestDatabase, email, hexpress, stderr};

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", stderr(&output));
}

#[tokio::test]
async fn a_dump_of_a_running_server_restores_to_all_that_it_had() {
    let postgres = OwnPostgres::start();
    let folder = tempfile::tempdir().unwrap();
    let serve = |url: &str, may_migrate: &str| {
        let mut command = hexpress(folder.path());
        command.env("DATABASE_URL", url);
        command.env("AUTO_MIGRATE", may_migrate);
        Server::spawn(command)
    };
    let url = postgres.url();
    let server = serve(&url, "true");
    server.sign_up("ada").await;

    let file = folder.path().join("hexpress.dump");
    succeeds(
        postgres
            .client("pg_dump")
            .args(["--format=custom", "--file"])
            .args([file.as_os_str(), url.as_ref()]),
    );
    let bob = server.sign_up("bob").await;
    let copy = url.replace("/postgres", "/hexpress_restored");
    assert_ne!(copy, url);
    // The programs take the server and its password from a URL.
    let create = "CREATE DATABASE hexpress_restored";
    succeeds(postgres.client("psql").args([&url, "--command", create]));
    succeeds(
        postgres
            .client("pg_restore")
            .args(["--no-owner", "--exit-on-error", "--dbname", &copy])
            .arg(&file),
    );

    // No migration is pending in it.
    let restored = serve(&copy, "false");
    restored.log_in("ada").await;
    let login = restored.anonymous().log_in(&email("bob"), PASSWORD).await;
    assert_eq!(login.status, 401);
    assert!(bob.is_known().await);
}

/// An SQLite database of some 80 MB.
async fn large() -> TestDatabase {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let fill = "CREATE TABLE ballast AS
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
        SELECT n, randomblob(4000) FROM numbers";
    database.execute(fill).await;
    database
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[rstest]
#[tokio::test]
async fn nothing_is_left_of_a_backup_that_is_broken_off(
    #[values("TERM", "INT", "HUP", "KILL")] signal: &str,
) {
    let database = large().await;
    let folder = tempfile::tempdir().unwrap();
    let backup = || {
        let mut command = hexpress(folder.path());
        command
            .env("DATABASE_URL", database.url())
            .args(["backup", "copy.db"]);
        command
    };
    let mut broken_off = backup().spawn().unwrap();
    while names_in(folder.path()).is_empty() {
        std::thread::yield_now();
    }
    let pid = broken_off.id().to_string();
    let sent = Command::new("kill")
        .args([&format!("-{signal}"), &pid])
        .status();
    assert!(sent.unwrap().success());
    assert!(!broken_off.wait().unwrap().success());
    if signal == "KILL" {
        succeeds(&mut backup());
        assert_eq!(names_in(folder.path()), ["copy.db"]);
    } else {
        assert_eq!(names_in(folder.path()), [""; 0]);
    }
}

/// A file may have so many bytes and no more, as where the disk is full.
#[tokio::test]
async fn nothing_is_left_of_a_backup_without_room() {
    let database = large().await;
    let folder = tempfile::tempdir().unwrap();
    let program = hexpress(folder.path());
    let backup = "trap '' XFSZ; ulimit -f 20000; exec \"$0\" backup copy.db";
    let failed = Command::new("sh")
        .args(["-c", backup])
        .arg(program.get_program())
        .env_clear()
        .envs([("APP_ENV", "test"), ("DATABASE_URL", database.url())])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(failed.status.code(), Some(1), "{}", stderr(&failed));
    assert_eq!(names_in(folder.path()), [""; 0]);
}
