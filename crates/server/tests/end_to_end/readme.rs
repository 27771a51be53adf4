//! The tour in the README, typed as it stands there.

use std::process::{Command, Stdio};

use rstest::rstest;

use crate::support::{Kind, Server, TestDatabase};

/// What the tour types, up to where it wants another database.
fn tour() -> String {
    let readme = include_str!("../../../../README.md");
    let (_, tour) = readme.split_once("## Five minutes with curl").unwrap();
    let (tour, _) = tour.split_once("On PostgreSQL instead").unwrap();
    let blocks = tour.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split_once("```").unwrap().0)
        .collect()
}

#[rstest]
#[tokio::test]
async fn the_tour_works_as_it_is_written(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let tour = tour().replace("127.0.0.1:3000", &server.address.to_string());
    // The program has been built: what `cargo run -q --` would do is to start it.
    let script = format!("set -euo pipefail\ncargo() {{ \"$HEXPRESS\" \"${{@:4}}\"; }}\n{tour}");
    let typed = Command::new("bash")
        .args(["-c", &script])
        .env("HEXPRESS", env!("CARGO_BIN_EXE_hexpress"))
        .env("APP_ENV", "test")
        .env("DATABASE_URL", database.url())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = String::from_utf8(typed.stdout).unwrap();
    let errors = String::from_utf8(typed.stderr).unwrap();
    assert!(typed.status.success(), "{shown}\n{errors}");

    let mut rest = shown.as_str();
    for expected in [
        "User created successfully",
        r#""email":"ada@example.org""#,
        "User updated successfully",
        "PRECONDITION_FAILED",
        "Post published successfully",
        r#""slug":"notes-on-the-analytical-engine","content":"It weaves"#,
        r#""total":1"#,
        "VALIDATION_ERROR",
        r#""fullName":"Ada King""#,
        "201 Created",
        "Order created successfully",
        r#""stock":3"#,
    ] {
        let found = rest.split_once(expected);
        rest = found.unwrap_or_else(|| panic!("{expected}\n{shown}")).1;
    }
}
