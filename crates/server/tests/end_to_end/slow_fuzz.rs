//! Thousands of generated requests, and the document that says what each may be answered with.

use std::path::Path;
use std::process::Command;

use rstest::rstest;

use crate::support::{Caller, Kind, Server, TestDatabase};

/// What ends the token that calls.
const ENDINGS: [&str; 3] = ["logout", "delete_user", "revoke_token"];

/// Runs `scripts/fuzz-api`; returns how many requests it sent.
fn fuzz(server: &Server, caller: &Caller, options: &[&str]) -> u32 {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/fuzz-api");
    let output = Command::new(script)
        .arg(format!("http://{}", server.address))
        .args(options)
        .env("HEXPRESS_TOKEN", caller.token())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{options:?}\n{said}\n{complaints}");
    let before = said.split(" generated").next().unwrap_or_default();
    let number = before.split_whitespace().next_back().unwrap_or_default();
    number
        .parse()
        .unwrap_or_else(|_| panic!("no number of requests: {said}"))
}

#[rstest]
#[tokio::test]
async fn every_generated_request_is_answered_as_the_document_says(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[values("user", "moderator", "admin")] role: &str,
) {
    let database = TestDatabase::migrated(kind).await;
    // So many that none is refused, but all are counted.
    let server = Server::start(&database, &[("RATE_LIMIT_PER_MINUTE", "1000000")]);
    let caller = server.user_of(&database, "fuzz", role).await;
    let but_endings = ENDINGS.map(|id| ["--exclude-operation-id", id]);
    let endings = ENDINGS.map(|id| ["--include-operation-id", id]);

    let options = [&["--max-examples", "35"], but_endings.as_flattened()].concat();
    let mut requests = fuzz(&server, &caller, &options);
    // With U+0000 in texts, which makes a request bad whose schema finds no fault in it.
    let with_nul = [
        "--phases=fuzzing",
        "--max-examples=20",
        "--generation-allow-x00=true",
        "--exclude-checks=positive_data_acceptance",
    ];
    let options = [&with_nul, but_endings.as_flattened()].concat();
    requests += fuzz(&server, &caller, &options);
    assert!(caller.is_known().await, "most was answered with 401");

    let leaver = server.user_of(&database, "leaver", role).await;
    let options = [&["--max-examples", "50"], endings.as_flattened()].concat();
    requests += fuzz(&server, &leaver, &options);
    assert!(requests >= 2000, "{requests}");
}
