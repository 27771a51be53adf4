use std::fmt;

use diesel::result::{DatabaseErrorKind, Error};
use hexpress_domain::repository::{RepositoryError, Source};
use uuid::Uuid;

use super::constraint::Constraint;

/// How a piece of work on a connection can fail.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The database refused a statement.
    Query(Error),
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
pub(super) enum Fault {
    /// The connection is of no more use, and with it goes whatever it had not
    /// committed: the work may be done again on another one.
    Connection(Source),
    /// The work lost a race against another transaction: it may be done again.
    Contention(Source),
    /// Nothing: this is the answer.
    Answer(RepositoryError),
}

impl From<Fault> for RepositoryError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Connection(source) | Fault::Contention(source) => Self::Unavailable(source),
            Fault::Answer(answer) => answer,
        }
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Query(error) => classify(error),
            Failure::Answer(answer) => Self::Answer(answer),
        }
    }
}

/// A stored row that breaks a rule of the domain.
#[derive(Debug, thiserror::Error)]
#[error("corrupt data in {table}.{column} of {id}: {reason}")]
pub(crate) struct Corrupt {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) id: Uuid,
    pub(crate) reason: String,
}

impl Corrupt {
    pub(crate) fn new(
        table: &'static str,
        column: &'static str,
        id: Uuid,
        reason: impl fmt::Display,
    ) -> Self {
        Self {
            table,
            column,
            id,
            reason: reason.to_string(),
        }
    }
}

/// The driver keeps the SQLSTATE of few errors. These are the server's texts, in
/// English, for the rest of those after which the connection is gone or must go:
/// 57P01 to 57P05, 25P03, and 0A000 for a plan that a migration has outdated.
const CONNECTION_TEXTS: [&str; 5] = [
    "terminating connection",
    "terminating background worker",
    "the database system is",
    "connection to client lost",
    "cached plan must not change result type",
];

/// 40P01, and 40001 where a text is all there is.
const CONTENTION_TEXTS: [&str; 2] = ["deadlock detected", "could not serialize access"];

/// 57014, 55P03, 53300, 53100, 53200; SQLite's BUSY, LOCKED, FULL, IOERR, READONLY,
/// CANTOPEN and INTERRUPT.
const UNAVAILABLE_TEXTS: [&str; 17] = [
    "canceling statement due to",
    "could not obtain lock",
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
    "attempt to write a readonly database",
    "unable to open database file",
    "interrupted",
];

/// Whether SQLite waited for a lock as long as it may.
pub(super) fn is_busy(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, information)
        if information.message().contains("database is locked"))
}

/// The one place where errors of the databases get their meaning.
pub(super) fn classify(error: Error) -> Fault {
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
            let answer = match Constraint::of(information.as_ref()) {
                Some(constraint) => constraint.answer(),
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
            } else if is_one_of(&UNAVAILABLE_TEXTS) {
                Fault::Answer(RepositoryError::Unavailable(error.into()))
            } else {
                Fault::Answer(RepositoryError::Internal(error.into()))
            }
        }
    }
}

/// What a failed COMMIT means. Only a lost race is known to have changed nothing;
/// whatever else happened, the transaction may be in effect.
pub(super) fn classify_commit(error: Error) -> Fault {
    match classify(error) {
        Fault::Connection(source)
        | Fault::Answer(RepositoryError::Unavailable(source) | RepositoryError::Internal(source)) => {
            Fault::Answer(RepositoryError::Unavailable(source))
        }
        fault => fault,
    }
}

#[cfg(test)]
mod tests {
    use diesel::result::DatabaseErrorInformation;
    use hexpress_domain::repository::UniqueField;

    use super::*;

    /// An error as one of the drivers reports it.
    struct Reported {
        message: &'static str,
        constraint: Option<&'static str>,
    }

    impl DatabaseErrorInformation for Reported {
        fn message(&self) -> &str {
            self.message
        }
        fn details(&self) -> Option<&str> {
            None
        }
        fn hint(&self) -> Option<&str> {
            None
        }
        fn table_name(&self) -> Option<&str> {
            None
        }
        fn column_name(&self) -> Option<&str> {
            None
        }
        fn constraint_name(&self) -> Option<&str> {
            self.constraint
        }
        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    fn error(kind: DatabaseErrorKind, message: &'static str) -> Error {
        let constraint = None;
        Error::DatabaseError(
            kind,
            Box::new(Reported {
                message,
                constraint,
            }),
        )
    }

    fn unknown(message: &'static str) -> Error {
        error(DatabaseErrorKind::Unknown, message)
    }

    #[test]
    fn a_taken_email_is_told_by_name_or_by_column() {
        let by_name = Error::DatabaseError(
            DatabaseErrorKind::UniqueViolation,
            Box::new(Reported {
                message: "duplicate key value violates unique constraint \"users_email_live_key\"",
                constraint: Some("users_email_live_key"),
            }),
        );
        let by_column = error(
            DatabaseErrorKind::UniqueViolation,
            "UNIQUE constraint failed: users.email",
        );
        for error in [by_name, by_column] {
            assert!(matches!(
                classify(error),
                Fault::Answer(RepositoryError::Duplicate {
                    field: UniqueField::UserEmail
                })
            ));
        }
    }

    #[test]
    fn a_foreign_key_without_a_name_is_a_missing_reference() {
        let error = error(
            DatabaseErrorKind::ForeignKeyViolation,
            "FOREIGN KEY constraint failed",
        );
        assert!(matches!(
            classify(error),
            Fault::Answer(RepositoryError::MissingReference)
        ));
    }

    #[test]
    fn a_gone_connection_is_known() {
        for error in [
            error(DatabaseErrorKind::UnableToSendCommand, "connection closed"),
            error(DatabaseErrorKind::ClosedConnection, "closed"),
            error(
                DatabaseErrorKind::ReadOnlyTransaction,
                "cannot execute UPDATE in a read-only transaction",
            ),
            unknown("terminating connection due to administrator command"),
            unknown("terminating connection due to idle-in-transaction timeout"),
            unknown("the database system is shutting down"),
            unknown("cached plan must not change result type"),
            Error::BrokenTransactionManager,
        ] {
            assert!(matches!(classify(error), Fault::Connection(_)));
        }
    }

    #[test]
    fn a_lost_race_is_known() {
        for error in [
            error(
                DatabaseErrorKind::SerializationFailure,
                "could not serialize access due to concurrent update",
            ),
            unknown("deadlock detected"),
        ] {
            assert!(matches!(classify(error), Fault::Contention(_)));
        }
    }

    #[test]
    fn what_may_go_better_later_is_unavailable() {
        for text in [
            "canceling statement due to statement timeout",
            "canceling statement due to lock timeout",
            "sorry, too many clients already",
            "could not extend file \"base/1/2\": No space left on device",
            "database is locked",
            "database or disk is full",
            "disk I/O error",
            "attempt to write a readonly database",
        ] {
            assert!(
                matches!(
                    classify(unknown(text)),
                    Fault::Answer(RepositoryError::Unavailable(_))
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn the_rest_is_a_fault_of_ours() {
        for error in [
            unknown("no such table: users"),
            error(
                DatabaseErrorKind::CheckViolation,
                "CHECK constraint failed: users_role_check",
            ),
            error(DatabaseErrorKind::NotNullViolation, "null"),
            Error::NotFound,
        ] {
            assert!(matches!(
                classify(error),
                Fault::Answer(RepositoryError::Internal(_))
            ));
        }
    }

    #[test]
    fn after_a_failed_commit_only_a_lost_race_is_certain() {
        for error in [
            error(DatabaseErrorKind::UnableToSendCommand, "connection closed"),
            unknown("database or disk is full"),
            unknown("what nobody expects"),
        ] {
            assert!(matches!(
                classify_commit(error),
                Fault::Answer(RepositoryError::Unavailable(_))
            ));
        }
        assert!(matches!(
            classify_commit(unknown("could not serialize access")),
            Fault::Contention(_)
        ));
    }
}
