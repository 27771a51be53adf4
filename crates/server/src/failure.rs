//! Why the program ends without having done what it was asked.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use hexpress_infra::database::{BackupError, MigrationError, OpenError};
use hexpress_infra::maintenance::copy::CopyError;

use crate::config::ConfigError;
use crate::lifecycle::CutOff;
use crate::telemetry::if_possible;

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

impl Failure {
    /// A failure because of an error, which is told with its causes.
    pub fn of(error: &dyn Error) -> Self {
        Self::Failed(with_causes(error))
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

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Failed(error.to_string())
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
        Self::Failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Link(&'static str, #[source] Option<Box<Link>>);

    #[test]
    fn causes_are_named_once() {
        let bottom = Link("disk full", None);
        let middle = Link("cannot write: disk full", Some(Box::new(bottom)));
        let top = Link("unavailable", Some(Box::new(middle)));
        assert_eq!(with_causes(&top), "unavailable: cannot write: disk full");
    }
}
