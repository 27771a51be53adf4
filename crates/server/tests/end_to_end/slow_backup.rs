//! Backups of PostgreSQL, made and restored as docs/operations.md says.

use std::process::Command;

use crate::support::{OwnPostgres, PASSWORD, Server, email, hexpress, stderr};

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
