//! What each command does.

pub mod backup;
pub mod completions;
pub mod config;
pub mod db;
pub mod healthcheck;
pub mod migrate;
pub mod openapi;
mod progress;
pub mod purge;
pub mod seed;
pub mod serve;
pub mod user;

use std::io::{self, Write};

use crate::config::{Config, DatabaseConfig, Sources};
use crate::failure::Failure;

/// Where a password is looked for when no flag says.
const PASSWORD_VARIABLE: &str = "HEXPRESS_PASSWORD";

/// The password that the environment holds, if any.
fn password_variable(sources: &Sources) -> Result<Option<&str>, Failure> {
    match sources.environment.get(PASSWORD_VARIABLE) {
        // It stands for bytes that are no text.
        Some(password) if password.contains(char::REPLACEMENT_CHARACTER) => {
            Err(Failure::Usage(format!("{PASSWORD_VARIABLE} is not UTF-8")))
        }
        password => Ok(password.map(String::as_str)),
    }
}

/// The database of a command that does one thing and ends. One that would end with
/// the command is refused: nothing that was done would be left.
fn lasting_database(config: &Config) -> Result<DatabaseConfig, Failure> {
    let target = &config.database.target;
    if target.lasts() {
        return Ok(config.database.for_one_task());
    }
    Err(Failure::Usage(format!(
        "DATABASE_URL is {target} (APP_ENV is {}), which would end with this command\n\
         Set it, or add --database-url, to a database that lasts: sqlite://PATH or postgres://…",
        config.app_env
    )))
}

/// Makes sure that something is meant which cannot be undone.
fn confirm(config: &Config, yes: bool, what: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{what}, and APP_ENV is {}\nAdd --yes if it is meant.",
        config.app_env
    )))
}

/// Prints to standard output. Whoever reads it may stop at any time.
fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
