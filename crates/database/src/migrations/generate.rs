use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::migrations::error::MigrationError;

/// The files of a migration for each database, as they begin where they make a table.
const FILES: [(&str, [(&str, &str); 2]); 2] = [
    (
        "postgres",
        [
            ("up.sql", include_str!("table/postgres/up.sql")),
            ("down.sql", include_str!("table/postgres/down.sql")),
        ],
    ),
    (
        "sqlite",
        [
            ("up.sql", include_str!("table/sqlite/up.sql")),
            ("down.sql", include_str!("table/sqlite/down.sql")),
        ],
    ),
];

/// Writes a pair of `up.sql` and `down.sql` for each database below `folder`, and returns the
/// files. They are empty, or make and drop a table of this name, with what all tables have that
/// can be listed and searched: id, version, times, and the text of searches with its index.
///
/// # Errors
///
/// [`MigrationError::Name`], [`MigrationError::Table`], [`MigrationError::File`].
pub fn generate(
    folder: &Path,
    name: &str,
    table: Option<&str>,
    at: DateTime<Utc>,
) -> Result<Vec<PathBuf>, MigrationError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.is_empty() || !name.bytes().all(is_plain) {
        return Err(MigrationError::Name);
    }
    let is_word = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    if table.is_some_and(|table| !is_word(table)) {
        return Err(MigrationError::Table);
    }
    let pair = format!("{}_{name}", at.format("%Y%m%d%H%M%S"));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |reason| MigrationError::File { path, reason }
    };
    let folders = FILES.map(|(database, files)| (folder.join(database).join(&pair), files));
    // All folders first: where one cannot be made, no file has been.
    for (folder, _) in &folders {
        fs::create_dir_all(folder).map_err(failed(folder))?;
    }
    let mut made = Vec::new();
    for (folder, files) in folders {
        for (name, template) in files {
            let path = folder.join(name);
            let text = table.map(|table| template.replace("{table}", table));
            fs::File::create_new(&path)
                .and_then(|mut file| file.write_all(text.unwrap_or_default().as_bytes()))
                .map_err(failed(&path))?;
            made.push(path);
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_migration_is_an_empty_pair_for_each_database() {
        let folder = tempfile::tempdir().unwrap();
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let files = generate(folder.path(), "add_posts", None, at).unwrap();
        let expected: Vec<_> = [
            "postgres/20231114221320_add_posts/up.sql",
            "postgres/20231114221320_add_posts/down.sql",
            "sqlite/20231114221320_add_posts/up.sql",
            "sqlite/20231114221320_add_posts/down.sql",
        ]
        .map(|file| folder.path().join(file))
        .into();
        assert_eq!(files, expected);
        assert!(files.iter().all(|file| fs::read(file).unwrap().is_empty()));
        assert!(matches!(
            generate(folder.path(), "add_posts", None, at),
            Err(MigrationError::File { .. })
        ));
        for name in ["", "../x", "a b"] {
            assert!(matches!(
                generate(folder.path(), name, None, at),
                Err(MigrationError::Name)
            ));
        }
        for table in ["", "1st", "a-b", "Posts", "x; y"] {
            assert!(matches!(
                generate(folder.path(), "make", Some(table), at),
                Err(MigrationError::Table)
            ));
        }
    }
}
