//! The migrations of the workspace, read from their files.

use std::fs;
use std::path::Path;

use diesel::migration::CREATE_MIGRATIONS_TABLE;

use crate::Kind;

/// One folder of a migration tree.
#[derive(Debug)]
pub struct Migration {
    /// The folder's name, `<timestamp>_<name>`.
    pub name: String,
    /// The text of `up.sql`.
    pub up: String,
    /// The text of `down.sql`.
    pub down: String,
}

impl Migration {
    /// What Diesel records of it: the timestamp's digits.
    #[must_use]
    pub fn version(&self) -> String {
        self.name.split('_').next().unwrap().replace('-', "")
    }
}

/// All migrations for one kind of database, oldest first.
///
/// Panics where a folder lacks `up.sql` or `down.sql`.
#[must_use]
pub fn all(kind: Kind) -> Vec<Migration> {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join(match kind {
        Kind::Sqlite => "../../migrations/sqlite",
        Kind::Postgres => "../../migrations/postgres",
    });
    let mut migrations: Vec<_> = fs::read_dir(&tree)
        .unwrap_or_else(|error| panic!("{}: {error}", tree.display()))
        .map(|entry| read(&entry.unwrap().path()))
        .collect();
    migrations.sort_by_key(Migration::version);
    migrations
}

fn read(folder: &Path) -> Migration {
    let text = |file: &str| {
        let path = folder.join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    Migration {
        name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
        up: text("up.sql"),
        down: text("down.sql"),
    }
}

/// One batch of SQL that leaves an empty database as if these migrations had been run and recorded.
pub(crate) fn replay(migrations: impl IntoIterator<Item = Migration>) -> String {
    let mut batch = String::from(CREATE_MIGRATIONS_TABLE);
    for migration in migrations {
        batch.push_str(&migration.up);
        batch.push_str(&format!(
            "\nINSERT INTO __diesel_schema_migrations (version) VALUES ('{}');\n",
            migration.version()
        ));
    }
    batch
}
