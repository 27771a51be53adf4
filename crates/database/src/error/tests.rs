use diesel::result::DatabaseErrorInformation;
use hexpress_domain::user::User;

use super::{DatabaseErrorKind, Error, Fault, RepositoryError, again, is_of_another_schema};

fn meaning_of(constraint: &str) -> Option<RepositoryError> {
    match constraint {
        "users_email_live_key" | "users.email" => {
            Some(RepositoryError::Duplicate(User::UNIQUE_EMAIL))
        }
        _ => None,
    }
}

fn classify(error: Error) -> Fault {
    super::classify(error, meaning_of)
}

fn classify_commit(error: Error) -> Fault {
    super::classify_commit(error, meaning_of)
}

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
fn a_constraint_is_told_by_name_or_by_column() {
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
            Fault::Answer(RepositoryError::Duplicate(User::UNIQUE_EMAIL))
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
        unknown("server closed the connection unexpectedly"),
        unknown("connection does not exist"),
        unknown("query_wait_timeout"),
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
        "statement completion unknown",
        "sorry, too many clients already",
        "could not extend file \"base/1/2\": No space left on device",
        "database is locked",
        "database or disk is full",
        "disk I/O error",
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
fn what_stays_until_somebody_mends_it_says_how() {
    for (text, way_out) in [
        ("database disk image is malformed", "restore a backup"),
        ("file is not a database", "restore a backup"),
        ("attempt to write a readonly database", "the right to write"),
        ("permission denied for table users", "GRANT"),
    ] {
        for fault in [classify(unknown(text)), classify_commit(unknown(text))] {
            let Fault::Permanent(source) = fault else {
                panic!("{text}: {fault:?}")
            };
            let told = source.to_string();
            assert!(told.contains(text) && told.contains(way_out), "{told}");
        }
    }
}

#[test]
fn a_statement_of_another_schema_is_known() {
    for text in [
        "relation \"users\" does not exist",
        "column \"slug\" does not exist",
        "column posts.slug does not exist",
        "column \"slug\" of relation \"posts\" does not exist",
        "no such table: users",
        "no such column: posts.slug",
        "table posts has no column named slug",
    ] {
        assert!(is_of_another_schema(&unknown(text)), "{text}");
    }
    for text in [
        "connection does not exist",
        "cached plan must not change result type",
        "database is locked",
    ] {
        assert!(!is_of_another_schema(&unknown(text)), "{text}");
    }
}

#[test]
fn a_server_that_stays_read_only_is_no_lost_connection() {
    let read_only = || {
        error(
            DatabaseErrorKind::ReadOnlyTransaction,
            "cannot execute UPDATE in a read-only transaction",
        )
    };
    assert!(matches!(classify(read_only()), Fault::Connection(_)));
    assert!(matches!(again(read_only().into()), Fault::Permanent(_)));
    let gone = error(DatabaseErrorKind::ClosedConnection, "closed");
    assert!(matches!(again(gone.into()), Fault::Connection(_)));
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
