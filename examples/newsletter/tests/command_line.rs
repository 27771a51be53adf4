//! The program, as its editor types it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs the program in a folder, with a text on its standard input.
fn newsletter(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_newsletter"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may have ended by now.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    child.wait_with_output().unwrap()
}

fn succeeds(folder: &Path, arguments: &[&str], input: &str) -> String {
    let output = newsletter(folder, arguments, input);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn fails(folder: &Path, arguments: &[&str], input: &str) -> String {
    let output = newsletter(folder, arguments, input);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn from_the_first_draft_to_the_issue() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let without_file = fails(folder, &["drafts"], "");
    assert!(without_file.contains("newsletter.json"), "{without_file}");

    let init = [
        "init",
        "The Engine",
        "--first-name",
        "Ada",
        "--last-name",
        "Lovelace",
    ];
    assert_eq!(succeeds(folder, &init, ""), "newsletter.json is ready\n");
    fails(folder, &init, "");

    let draft = ["draft", "Notes on Engines"];
    let drafted = succeeds(folder, &draft, "It weaves.\n");
    assert_eq!(drafted, "notes-on-engines\tdraft\tNotes on Engines\n");
    assert_eq!(succeeds(folder, &["drafts"], ""), drafted);
    assert_eq!(
        fails(folder, &["draft", "No"], " "),
        "newsletter: title: Title must be between 3 and 200 characters\n\
         newsletter: content: Content is required\n"
    );

    let empty = succeeds(folder, &["issue"], "");
    assert!(empty.contains("Nothing was published"), "{empty}");
    succeeds(folder, &["publish", "notes-on-engines"], "");
    let again = fails(folder, &["publish", "notes-on-engines"], "");
    assert!(again.contains("Only a draft can be published"), "{again}");
    assert_eq!(succeeds(folder, &["drafts"], ""), "");
    let file = std::fs::read(folder.join("newsletter.json")).unwrap();
    let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let published_at = file.pointer("/letters/0/published_at").unwrap();
    let month = published_at
        .as_str()
        .and_then(|time| time.get(..7))
        .unwrap();
    let issue = succeeds(folder, &["issue", "--month", month], "");
    assert!(issue.starts_with("The Engine, "), "{issue}");
    assert!(
        issue.ends_with("\nNotes on Engines\n----------------\n\nIt weaves.\n\nAda Lovelace\n"),
        "{issue}"
    );
    let past = succeeds(folder, &["issue", "--month", "1970-01"], "");
    assert!(past.contains("Nothing was published"), "{past}");
}
