//! What the documents promise about the code.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The text of every source file in a folder, without tests. A string that goes on in the next
/// line is joined.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            text.extend(source.split("\\\n").map(str::trim_start));
        }
    }
    text
}

#[test]
fn every_log_line_that_operators_are_told_of_is_written() {
    let guide = fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let (_, table) = guide.split_once("## The log").unwrap();
    let cells = table.lines().filter_map(|row| row.strip_prefix("| `"));
    let lines: Vec<_> = cells
        .filter_map(|row| row.split('|').next())
        .flat_map(|cell| cell.split('`').step_by(2))
        .filter(|line| !line.is_empty())
        .collect();
    assert!(lines.len() > 15, "{lines:?}");
    let sources = sources(&root().join("crates"));
    for line in lines {
        assert!(sources.contains(line), "no code logs `{line}`");
    }
}

#[test]
fn the_path_for_newcomers_is_six_files_of_900_lines_at_most() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, path) = readme.split_once("To learn the code").unwrap();
    let (path, _) = path.split_once("\n\n").unwrap();
    let links = path.split("](").skip(1);
    let files: Vec<_> = links.filter_map(|link| link.split(')').next()).collect();
    assert_eq!(files.len(), 6, "{files:?}");
    let lines: usize = files
        .iter()
        .map(|file| {
            fs::read_to_string(root().join(file))
                .unwrap()
                .lines()
                .count()
        })
        .sum();
    assert!(lines <= 900, "{lines} lines in {files:?}");
}
