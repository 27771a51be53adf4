//! One test's SQLite file.

use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, QueryableByName};
use diesel::row::{Field, NamedRow, Row};
use diesel::sqlite::{Sqlite, SqliteType};
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use tempfile::TempDir;

use crate::run::Run;
use crate::{Kind, migrations};

/// A database file in a folder of its own, removed with this.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    folder: TempDir,
}

impl DatabaseFile {
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::Builder::new()
                .prefix("sqlite-")
                .tempdir_in(Run::current().files())
                .unwrap(),
        }
    }

    pub(crate) fn migrated() -> Self {
        let file = Self::empty();
        fs::copy(template(), file.path()).unwrap();
        file
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }

    pub(crate) fn execute(&self, sql: &str) {
        run(&mut open(&self.path()), sql);
    }

    pub(crate) fn query_text(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        diesel::sql_query(sql)
            .load::<TextRow>(&mut open(&self.path()))
            .unwrap_or_else(|error| panic!("{error}, in: {sql}"))
            .into_iter()
            .map(|row| row.0)
            .collect()
    }

    pub(crate) fn begin(&self, sql: &str) -> Transaction {
        let mut connection = open(&self.path());
        run(&mut connection, &format!("BEGIN IMMEDIATE; {sql}"));
        Transaction(connection)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("hexpress.db")
    }
}

/// An open transaction, which ends with its connection.
pub(crate) struct Transaction(SqliteConnection);

impl Transaction {
    pub(crate) fn commit(mut self) {
        run(&mut self.0, "COMMIT");
    }
}

/// The migrated file that the first to ask makes for the whole run.
fn template() -> PathBuf {
    let run_folder = Run::current();
    let _lock = run_folder.lock();
    let template = run_folder.files().join("template.db");
    if !template.exists() {
        let unfinished = template.with_extension("unfinished");
        let mut connection = open(&unfinished);
        run(&mut connection, "PRAGMA journal_mode = WAL");
        run(
            &mut connection,
            &migrations::replay(migrations::all(Kind::Sqlite)),
        );
        // The last connection to close moves the log into the file: there is but one file to copy.
        drop(connection);
        fs::rename(unfinished, &template).unwrap();
    }
    template
}

fn open(path: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    run(
        &mut connection,
        "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON",
    );
    connection
}

fn run(connection: &mut SqliteConnection, sql: &str) {
    connection
        .batch_execute(sql)
        .unwrap_or_else(|error| panic!("{error}, in: {sql}"));
}

struct TextRow(Vec<Option<String>>);

impl QueryableByName<Sqlite> for TextRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let text = |column| {
            let field = Row::get(row, column)?;
            let mut value = field.value()?;
            Some(match value.value_type() {
                Some(SqliteType::Binary) => value
                    .read_blob()
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect(),
                _ => value.read_text().to_owned(),
            })
        };
        Ok(Self((0..row.field_count()).map(text).collect()))
    }
}
