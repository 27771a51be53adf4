//! Whether a SQLite file is whole.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use diesel::sql_types::Text;
use diesel::{
    Connection as _, ConnectionResult, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    sql_query,
};

use crate::sqlite::unchanging_uri;

/// What a SQLite database begins with (<https://sqlite.org/fileformat.html#the_database_header>).
const MAGIC: [u8; 16] = *b"SQLite format 3\0";

/// Why a file is no whole database.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// What the operating system says.
        reason: io::Error,
    },
    /// It is something else.
    #[error("{} is no SQLite database\nName a file that `hexpress backup` has written.", .0.display())]
    NotADatabase(PathBuf),
    /// It was copied by other means, while a program had it open.
    #[error("{} has a log beside it (-wal or -journal), which holds a part of it\nMake a backup with `hexpress backup`, or open the file once and close it.", .0.display())]
    HasLog(PathBuf),
    /// It is damaged.
    #[error("{} is damaged: {fault}\nTake an older backup.", path.display())]
    Damaged {
        /// Where.
        path: PathBuf,
        /// The first fault that SQLite names.
        fault: String,
    },
}

/// Looks at every page and every index of a SQLite file, and at every foreign key. Takes as long
/// as reading the file. The file must not change meanwhile.
///
/// # Errors
///
/// [`CheckError`], for the first fault.
pub(crate) fn check(path: &Path) -> Result<SqliteConnection, CheckError> {
    let damaged = |fault: String| CheckError::Damaged {
        path: path.to_owned(),
        fault,
    };
    if !is_database(path).map_err(|reason| CheckError::File {
        path: path.to_owned(),
        reason,
    })? {
        return Err(CheckError::NotADatabase(path.to_owned()));
    }
    let holds_a_part = |log| beside(path, log).metadata().is_ok_and(|log| log.len() > 0);
    if ["-wal", "-journal"].into_iter().any(holds_a_part) {
        return Err(CheckError::HasLog(path.to_owned()));
    }
    let mut connection = open(path).map_err(|error| damaged(error.to_string()))?;
    let fault = first_fault(&mut connection).map_err(|error| damaged(error.to_string()))?;
    match fault {
        Some(fault) => Err(damaged(fault)),
        None => Ok(connection),
    }
}

/// The file that SQLite keeps beside another one.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn is_database(path: &Path) -> io::Result<bool> {
    let mut head = Vec::with_capacity(MAGIC.len());
    File::open(path)?.take(16).read_to_end(&mut head)?;
    Ok(head == MAGIC)
}

fn open(path: &Path) -> ConnectionResult<SqliteConnection> {
    SqliteConnection::establish(&unchanging_uri(path))
}

#[derive(QueryableByName)]
struct Fault {
    #[diesel(sql_type = Text)]
    fault: String,
}

/// <https://sqlite.org/pragma.html#pragma_integrity_check>, which leaves foreign keys out.
fn first_fault(connection: &mut SqliteConnection) -> QueryResult<Option<String>> {
    let faults: Vec<Fault> =
        sql_query("SELECT integrity_check AS fault FROM pragma_integrity_check LIMIT 1")
            .load(connection)?;
    if let Some(Fault { fault }) = faults.into_iter().find(|row| row.fault != "ok") {
        // It may have many lines, below one that names the database.
        let first = fault.lines().find(|line| !line.starts_with("***"));
        return Ok(Some(first.unwrap_or(&fault).to_owned()));
    }
    let orphans: Vec<Fault> = sql_query(
        "SELECT printf('a row of %s refers to none of %s', \"table\", parent) AS fault
         FROM pragma_foreign_key_check LIMIT 1",
    )
    .load(connection)?;
    Ok(orphans.into_iter().next().map(|row| row.fault))
}
