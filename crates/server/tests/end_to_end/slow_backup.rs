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

/// However long nobody asks it for anything, and however few connections it keeps.
#[tokio::test]
async fn a_backup_is_restored_when_the_server_has_stopped_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = hexpress(folder.path());
        command.env("DATABASE_URL", "sqlite://shop.db");
        command.args(arguments).output().unwrap()
    };
    let serve = || {
        let mut command = hexpress(folder.path());
        command.envs([
            ("DATABASE_URL", "sqlite://shop.db"),
            ("DB_IDLE_TIMEOUT_MS", "1"),
            ("DB_POOL_MIN", "0"),
        ]);
        Server::spawn(command)
    };
    let server = serve();
    server.sign_up("ada").await;
    assert!(run(&["backup", "copy.db"]).status.success());
    let bob = server.sign_up("bob").await;
    // Connections that are idle are closed twenty times a second.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;

    let whole = run(&["restore", "--check", "copy.db"]);
    assert_eq!(
        String::from_utf8(whole.stdout).unwrap(),
        "copy.db is whole\n"
    );
    let refused = run(&["restore", "copy.db"]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(
        stderr(&refused),
        "a program has shop.db open\nStop the server, and try again.\n"
    );
    assert!(bob.is_known().await);
    assert!(server.terminate().success());

    let restored = run(&["restore", "copy.db"]);
    let words = String::from_utf8(restored.stdout).unwrap();
    let (first, second) = words.split_once('\n').unwrap();
    assert_eq!(first, "shop.db is copy.db now");
    let kept = second.trim_end().strip_prefix("The old one is ").unwrap();
    let kept = kept.strip_suffix('.').unwrap();
    assert!(folder.path().join(kept).is_file(), "{kept}");

    let server = serve();
    server.log_in("ada").await;
    let login = server.anonymous().log_in(&email("bob"), PASSWORD).await;
    assert_eq!(login.status, 401);
    assert!(server.terminate().success());
    assert!(run(&["restore", kept]).status.success());
    let server = serve();
    server.log_in("bob").await;
}

#[test]
fn a_backup_that_is_none_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no database at all").unwrap();
    let restore = |file: &str| {
        let mut command = hexpress(folder.path());
        command.env("DATABASE_URL", "sqlite://shop.db");
        command.args(["restore", file]).output().unwrap()
    };
    for (file, words) in [
        (
            "notes.txt",
            "notes.txt is no SQLite database\nName a file that `hexpress backup` has written.\n",
        ),
        (
            "missing.db",
            "cannot read missing.db: No such file or directory (os error 2)\n",
        ),
    ] {
        let refused = restore(file);
        assert_eq!(refused.status.code(), Some(1));
        assert_eq!(stderr(&refused), words);
    }
    assert_eq!(names_in(folder.path()), ["notes.txt"]);
}
