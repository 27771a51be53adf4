use std::fmt;
use std::str::FromStr;

use diesel::result::{DatabaseErrorKind, Error};
use hexpress_domain::repository::{RepositoryError, Source};
use uuid::Uuid;

/// What a broken constraint means to a caller, by what [`violated_constraint`] returns of it.
/// `None`: no valid command can break it, so that breaking it is an internal error.
pub type MeaningOf = fn(&str) -> Option<RepositoryError>;

/// How a piece of work on a connection can fail.
#[derive(Debug)]
pub enum Failure {
    /// The database refused a statement.
    Query(Error),
    /// The work lost a race that it may win when it is done again.
    Contention(Source),
    /// The work found what its caller must be told; a transaction is rolled back.
    Answer(RepositoryError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Query(error)
    }
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        Self::Answer(error)
    }
}

impl From<Corrupt> for Failure {
    fn from(error: Corrupt) -> Self {
        Self::Answer(RepositoryError::Internal(error.into()))
    }
}

/// What to do about a failure.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The connection is of no more use, and with it goes whatever it had not
    /// committed: the work may be done again on another one.
    Connection(Source),
    /// The work lost a race against another transaction: it may be done again.
    Contention(Source),
    /// The connection does not answer: it is of no more use, and what became of the
    /// work is unknown.
    Silence(Source),
    /// It fails until somebody mends the database: trying again is of no use.
    Permanent(Source),
    /// Nothing: this is the answer.
    Answer(RepositoryError),
}

impl From<Fault> for RepositoryError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Connection(source) | Fault::Contention(source) | Fault::Silence(source) => {
                Self::Unavailable(source)
            }
            Fault::Permanent(source) => Self::Internal(source),
            Fault::Answer(answer) => answer,
        }
    }
}

impl Fault {
    /// What has gone wrong.
    pub(crate) fn into_source(self) -> Source {
        match RepositoryError::from(self) {
            RepositoryError::Unavailable(source)
            | RepositoryError::Internal(source)
            | RepositoryError::Refused(source) => source,
            answer => answer.into(),
        }
    }

    /// What to do about a failure, where constraints have this meaning.
    pub(crate) fn of(failure: Failure, meaning_of: MeaningOf) -> Self {
        match failure {
            Failure::Query(error) => classify(error, meaning_of),
            Failure::Contention(source) => Self::Contention(source),
            Failure::Answer(answer) => Self::Answer(answer),
        }
    }
}

/// A fault that stays until somebody mends the database, and the way to do so.
#[derive(Debug, thiserror::Error)]
#[error("{error}; {way_out}")]
struct Permanent {
    error: Error,
    way_out: &'static str,
}

/// A stored row that breaks a rule of the program.
#[derive(Debug, thiserror::Error)]
#[error("corrupt data in {table}.{column} of {id}: {reason}")]
pub struct Corrupt {
    table: &'static str,
    column: &'static str,
    id: Uuid,
    reason: String,
}

/// A row, one of whose columns may be corrupt.
#[derive(Debug, Clone, Copy)]
pub struct RowContext {
    table: &'static str,
    id: Uuid,
}

impl Corrupt {
    /// The row with this id, for the error of one of its columns:
    /// `Corrupt::row("users", id).parse("email", &row.email)`.
    #[must_use]
    pub const fn row(table: &'static str, id: Uuid) -> RowContext {
        RowContext { table, id }
    }
}

impl RowContext {
    /// What turns a fault of this column into an error.
    pub fn column<E: fmt::Display>(self, column: &'static str) -> impl FnOnce(E) -> Corrupt {
        move |fault| Corrupt {
            table: self.table,
            column,
            id: self.id,
            reason: fault.to_string(),
        }
    }

    /// What the text of this column says.
    ///
    /// # Errors
    ///
    /// [`Corrupt`] where it is no such value.
    pub fn parse<T>(self, column: &'static str, text: &str) -> Result<T, Corrupt>
    where
        T: FromStr<Err: fmt::Display>,
    {
        text.parse().map_err(self.column(column))
    }

    /// What the value of this column stands for.
    ///
    /// # Errors
    ///
    /// [`Corrupt`] where it stands for none.
    pub fn convert<V, T>(self, column: &'static str, value: V) -> Result<T, Corrupt>
    where
        T: TryFrom<V, Error: fmt::Display>,
    {
        value.try_into().map_err(self.column(column))
    }
}

/// The driver keeps the SQLSTATE of few errors. These are the server's texts, in
/// English, for the rest of those after which the connection is gone or must go:
/// 57P01 to 57P05, 25P03, class 08 as the server and poolers send it, and 0A000 for
/// a plan that a migration has outdated.
const CONNECTION_TEXTS: [&str; 8] = [
    "terminating connection",
    "terminating background worker",
    "the database system is",
    "connection to client lost",
    "server closed the connection",
    "connection does not exist",
    "query_wait_timeout",
    "cached plan must not change result type",
];

/// 40P01, and 40001 where a text is all there is.
const CONTENTION_TEXTS: [&str; 2] = ["deadlock detected", "could not serialize access"];

/// SQLite's CORRUPT, NOTADB and READONLY, 42501 and 25006, and what ends them.
const PERMANENT_TEXTS: [(&str, &str); 5] = [
    (
        "database disk image is malformed",
        "the file is corrupt: stop the program and restore a backup",
    ),
    (
        "file is not a database",
        "the file was overwritten: stop the program and restore a backup",
    ),
    (
        "attempt to write a readonly database",
        "give the user of the program the right to write the file and its folder",
    ),
    (
        "permission denied",
        "GRANT the user of the program the right that is missing",
    ),
    (
        READ_ONLY_TEXT,
        "the server takes no writes: connect to the primary",
    ),
];

/// 25006: a server that is a standby or was set to read only.
const READ_ONLY_TEXT: &str = "in a read-only transaction";

/// 57014, 55P03, 53300, 53100, 53200, 40003; SQLite's BUSY, LOCKED, FULL, IOERR, CANTOPEN and
/// INTERRUPT.
const UNAVAILABLE_TEXTS: [&str; 17] = [
    "canceling statement due to",
    "could not obtain lock",
    "statement completion unknown",
    "too many clients",
    "too many connections",
    "remaining connection slots",
    "could not extend file",
    "could not write to file",
    "no space left on device",
    "out of memory",
    "out of shared memory",
    "database is locked",
    "database table is locked",
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
    "interrupted",
];

/// The constraint that a statement broke, as the database reports it: by its name, or by its
/// columns where SQLite reports those alone (`users.email`). `None` for any other error, and
/// for a foreign key on SQLite.
#[must_use]
pub fn violated_constraint(error: &Error) -> Option<&str> {
    let Error::DatabaseError(
        DatabaseErrorKind::UniqueViolation
        | DatabaseErrorKind::CheckViolation
        | DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::RestrictViolation,
        information,
    ) = error
    else {
        return None;
    };
    match information.constraint_name() {
        Some(name) => Some(name),
        // SQLite: `UNIQUE constraint failed: users.email`.
        None => Some(information.message().rsplit_once(": ")?.1),
    }
}

/// Whether SQLite waited for a lock as long as it may.
pub(crate) fn is_busy(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, information)
        if information.message().contains("database is locked"))
}

/// Whether a statement names a table or a column that is not there: 42P01 and 42703.
pub(crate) fn is_of_another_schema(error: &Error) -> bool {
    let Error::DatabaseError(_, information) = error else {
        return false;
    };
    let text = information.message();
    ["no such table", "no such column", "has no column named"]
        .iter()
        .any(|part| text.contains(part))
        || (["relation ", "column "]
            .iter()
            .any(|what| text.starts_with(what))
            && text.ends_with(" does not exist"))
}

/// The one place where errors of the databases get their meaning.
pub(crate) fn classify(error: Error, meaning_of: MeaningOf) -> Fault {
    let Error::DatabaseError(kind, information) = &error else {
        return match error {
            Error::BrokenTransactionManager | Error::AlreadyInTransaction => {
                Fault::Connection(error.into())
            }
            error => Fault::Answer(RepositoryError::Internal(error.into())),
        };
    };
    match kind {
        DatabaseErrorKind::UniqueViolation
        | DatabaseErrorKind::CheckViolation
        | DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::RestrictViolation => {
            let answer = match violated_constraint(&error) {
                Some(constraint) => meaning_of(constraint),
                // SQLite does not say which foreign key it was.
                None if matches!(kind, DatabaseErrorKind::ForeignKeyViolation) => {
                    Some(RepositoryError::MissingReference)
                }
                None => None,
            };
            Fault::Answer(answer.unwrap_or_else(|| RepositoryError::Internal(error.into())))
        }
        DatabaseErrorKind::SerializationFailure => Fault::Contention(error.into()),
        // A server that has become a standby: a new connection may find the primary.
        DatabaseErrorKind::ReadOnlyTransaction
        | DatabaseErrorKind::UnableToSendCommand
        | DatabaseErrorKind::ClosedConnection => Fault::Connection(error.into()),
        _ => {
            let text = information.message();
            let is_one_of = |texts: &[&str]| texts.iter().any(|part| text.contains(part));
            if is_one_of(&CONNECTION_TEXTS) {
                Fault::Connection(error.into())
            } else if is_one_of(&CONTENTION_TEXTS) {
                Fault::Contention(error.into())
            } else if let Some(way_out) = way_out(text) {
                Fault::Permanent(Permanent { error, way_out }.into())
            } else if is_one_of(&UNAVAILABLE_TEXTS) {
                Fault::Answer(RepositoryError::Unavailable(error.into()))
            } else {
                Fault::Answer(RepositoryError::Internal(error.into()))
            }
        }
    }
}

/// What ends a fault that stays otherwise. `None`: it may pass by itself.
fn way_out(text: &str) -> Option<&'static str> {
    let known = PERMANENT_TEXTS.iter().find(|(part, _)| text.contains(part));
    known.map(|(_, way_out)| *way_out)
}

/// What it means that a new connection fails as the one before did.
pub(crate) fn again(source: Source) -> Fault {
    match source.downcast::<Error>() {
        Ok(error) => match way_out(&error.to_string()) {
            Some(way_out) => Fault::Permanent(
                Permanent {
                    error: *error,
                    way_out,
                }
                .into(),
            ),
            None => Fault::Connection(error),
        },
        Err(source) => Fault::Connection(source),
    }
}

/// What a failed COMMIT means. Only a lost race is known to have changed nothing;
/// whatever else happened, the transaction may be in effect.
pub(crate) fn classify_commit(error: Error, meaning_of: MeaningOf) -> Fault {
    match classify(error, meaning_of) {
        Fault::Connection(source)
        | Fault::Answer(RepositoryError::Unavailable(source) | RepositoryError::Internal(source)) => {
            Fault::Answer(RepositoryError::Unavailable(source))
        }
        fault => fault,
    }
}

#[cfg(test)]
mod tests;
