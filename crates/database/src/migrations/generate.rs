use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::migrations::error::MigrationError;

/// Writes an empty pair of `up.sql` and `down.sql` for each database below `folder`,
/// and returns the files.
///
/// # Errors
///
/// [`MigrationError::Name`], [`MigrationError::File`].
pub fn generate(
    folder: &Path,
    name: &str,
    at: DateTime<Utc>,
) -> Result<Vec<PathBuf>, MigrationError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.is_empty() || !name.bytes().all(is_plain) {
        return Err(MigrationError::Name);
    }
    let pair = format!("{}_{name}", at.format("%Y%m%d%H%M%S"));
    let mut files = Vec::new();
    // All folders first: where one cannot be made, no file has been.
    let folders = ["postgres", "sqlite"].map(|database| folder.join(database).join(&pair));
    for folder in &folders {
        fs::create_dir_all(folder).map_err(|reason| MigrationError::File {
            path: folder.clone(),
            reason,
        })?;
    }
    for file in folders
        .iter()
        .flat_map(|folder| ["up.sql", "down.sql"].map(|file| folder.join(file)))
    {
        fs::File::create_new(&file).map_err(|reason| MigrationError::File {
            path: file.clone(),
            reason,
        })?;
        files.push(file);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_migration_is_an_empty_pair_for_each_database() {
        let folder = tempfile::tempdir().unwrap();
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let files = generate(folder.path(), "add_posts", at).unwrap();
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
            generate(folder.path(), "add_posts", at),
            Err(MigrationError::File { .. })
        ));
        for name in ["", "../x", "a b"] {
            assert!(matches!(
                generate(folder.path(), name, at),
                Err(MigrationError::Name)
            ));
        }
    }
}
