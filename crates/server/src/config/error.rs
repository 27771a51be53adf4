use super::Origin;

/// Why there is no configuration. Each message is one line without secrets.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value that is not allowed.
    #[error("{name} is `{}` ({origin}): expected {expected}", value.escape_debug())]
    Value {
        /// The setting.
        name: &'static str,
        /// What it was, masked if it is a secret.
        value: String,
        /// Who said so.
        origin: Origin,
        /// What is allowed.
        expected: String,
    },
    /// A setting without which nothing goes.
    #[error("{name} is not set: expected {expected}")]
    Missing {
        /// The setting.
        name: &'static str,
        /// What is allowed.
        expected: String,
    },
    /// The `.env` file as a whole.
    #[error("the file .env {0}")]
    DotEnv(String),
}
