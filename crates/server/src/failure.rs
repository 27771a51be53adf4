//! Why the program ends without having done what it was asked.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use hexpress_infra::database::{BackupError, MigrationError, OpenError};
use hexpress_infra::maintenance::copy::CopyError;

use crate::config::ConfigError;
use crate::patience::if_possible;

/// Why the program ended before all was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CutOff {
    /// Somebody asked a second time.
    #[error("stopped at once, on a second signal: running requests were cut off")]
    Signal,
    /// So many requests were not answered within `SHUTDOWN_TIMEOUT_MS`.
    #[error("stopped at the limit of SHUTDOWN_TIMEOUT_MS: running requests were cut off ({0})")]
    Requests(usize),
    /// Some writes were not over within `SHUTDOWN_TIMEOUT_MS`.
    #[error("stopped at the limit of SHUTDOWN_TIMEOUT_MS: running writes were cut off")]
    Writes,
}

/// A failure, in words for whoever runs the program: one or two lines that name
/// the cause and the way out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Bad usage or configuration: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Anything else: exit code 1.
    #[error("{0}")]
    Failed(String),
}

/// An error with every cause below it, but those that the one above repeats.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}

/// What often goes wrong below the program, by words of the message, and the way out, which says
/// more than any that the message has.
const WAYS_OUT: [(&[&str], &str); 4] = [
    (
        &["permission denied for schema"],
        "Let the role create tables in it: GRANT USAGE, CREATE ON SCHEMA its_name TO the_role.",
    ),
    (
        &["permission denied for"],
        "GRANT the role its rights on that, or connect as the owner.",
    ),
    (
        &[
            "database or disk is full",
            "No space left on device",
            "could not extend file",
        ],
        "The disk is full: free some space on it.",
    ),
    (
        &["Too many open files"],
        "Raise the limit of open files (LimitNOFILE of systemd, or `ulimit -n`).",
    ),
];

impl Failure {
    /// A failure because of an error, which is told with its causes.
    pub fn of(error: &dyn Error) -> Self {
        Self::failed(with_causes(error))
    }

    /// A failure to open the database that this setting, or flag, names.
    pub fn to_open(error: &OpenError, named_by: &str) -> Self {
        let text = error.to_string();
        Self::failed(text.replace(OpenError::SETTING, named_by))
    }

    /// A failure in these words, with the way out where it is known.
    pub fn failed(text: String) -> Self {
        let (cause, _) = text.split_once('\n').unwrap_or((&text, ""));
        let is_about = |words: &[&str]| words.iter().any(|words| cause.contains(words));
        match WAYS_OUT.iter().find(|(words, _)| is_about(words)) {
            Some((_, way_out)) => Self::Failed(format!("{cause}\n{way_out}")),
            None => Self::Failed(text),
        }
    }

    /// Says it on standard error, and what the process ends with.
    pub fn report(&self) -> ExitCode {
        let (code, text) = match self {
            Self::Usage(text) => (2, text.clone()),
            Self::Failed(text) => (1, text.clone()),
        };
        // Where nobody listens the exit code has to do.
        if_possible(move || {
            writeln!(io::stderr(), "{text}").ok();
        });
        ExitCode::from(code)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<MigrationError> for Failure {
    fn from(error: MigrationError) -> Self {
        match error {
            MigrationError::Name | MigrationError::Table => Self::Usage(error.to_string()),
            error => Self::of(&error),
        }
    }
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Migration(error) => error.into(),
            error => Self::of(&error),
        }
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Postgres | BackupError::Exists { .. } => Self::Usage(error.to_string()),
            error => Self::of(&error),
        }
    }
}

impl From<CutOff> for Failure {
    fn from(error: CutOff) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Link(&'static str, #[source] Option<Box<Link>>);

    #[test]
    fn what_often_goes_wrong_has_its_way_out() {
        for (text, way_out) in [
            (
                "ERROR: permission denied for schema public\nCorrect that.",
                "GRANT USAGE, CREATE",
            ),
            ("permission denied for table users", "owner"),
            (
                "cannot write a.db: database or disk is full",
                "disk is full",
            ),
            ("No space left on device (os error 28)", "free some space"),
            ("Too many open files (os error 24)", "ulimit"),
        ] {
            let Failure::Failed(told) = Failure::failed(text.to_owned()) else {
                panic!("{text}");
            };
            let (cause, told) = told.split_once('\n').unwrap();
            assert!(text.starts_with(cause) && told.contains(way_out), "{told}");
        }
        let other = Failure::failed("no\nWay.".to_owned());
        assert_eq!(other, Failure::Failed("no\nWay.".to_owned()));
    }

    #[test]
    fn the_setting_in_use_is_named() {
        let error = || OpenError::NoDatabase {
            address: "db:5432".to_owned(),
            name: "my\nshop".to_owned(),
        };
        for named_by in ["DATABASE_URL", "the DB_* settings", "--from"] {
            assert_eq!(
                Failure::to_open(&error(), named_by).to_string(),
                format!(
                    "PostgreSQL at db:5432 has no database \"my\\nshop\"\n\
                     Create it (createdb), or correct {named_by}."
                )
            );
        }
    }

    #[test]
    fn causes_are_named_once() {
        let bottom = Link("disk full", None);
        let middle = Link("cannot write: disk full", Some(Box::new(bottom)));
        let top = Link("unavailable", Some(Box::new(middle)));
        assert_eq!(with_causes(&top), "unavailable: cannot write: disk full");
    }
}
