//! What the documents promise about the code.

use std::fs;
use std::path::Path;

#[test]
fn the_path_for_newcomers_is_six_files_of_900_lines_at_most() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, path) = readme.split_once("To learn the code").unwrap();
    let (path, _) = path.split_once("\n\n").unwrap();
    let links = path.split("](").skip(1);
    let files: Vec<_> = links.filter_map(|link| link.split(')').next()).collect();
    assert_eq!(files.len(), 6, "{files:?}");
    let lines: usize = files
        .iter()
        .map(|file| fs::read_to_string(root.join(file)).unwrap().lines().count())
        .sum();
    assert!(lines <= 900, "{lines} lines in {files:?}");
}
