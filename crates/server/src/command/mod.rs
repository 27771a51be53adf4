//! The command line: one file for each command, with its arguments, its help and what it
//! does. The doc comments of arguments are the help text.

mod backup;
mod completions;
mod config;
mod db;
mod flags;
mod healthcheck;
mod migrate;
mod openapi;
mod output;
mod password;
mod purge;
mod restore;
mod seed;
mod serve;
mod user;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use hexpress_infra::database::masked;

use crate::failure::Failure;
use crate::program::Program;

use backup::Backup;
use completions::Completions;
use config::Config;
use db::Db;
use healthcheck::Healthcheck;
use migrate::Migrate;
use openapi::Openapi;
use purge::Purge;
use restore::Restore;
use seed::Seed;
use serve::Serve;
use user::User;

/// What `hexpress --help` ends with.
const EXAMPLES: &str = "\
Examples:
  hexpress                                  serve, on an SQLite file that is made if missing
  hexpress --port 8080 --log-level debug    serve elsewhere, and say more
  hexpress user create --email you@example.org --first-name Ada --last-name Lovelace --role admin
  DATABASE_URL=postgres://user@host/name hexpress migrate up
  hexpress config                           see what is set, and by whom

Exit codes:
  0  done; for a server, an orderly stop
  1  a failure: the database out of reach, a port in use, migrations pending
  2  bad usage or configuration
  3  `hexpress migrate status`: migrations are pending";

/// A publishing and shop back end behind one HTTP API.
///
/// Without a command it serves: on http://127.0.0.1:3000, on the SQLite file
/// data/hexpress.db, unless settings say otherwise. Settings are read from the
/// environment and from the file .env; `hexpress config` shows them all.
#[derive(Debug, Parser)]
#[command(
    name = "hexpress",
    version,
    args_conflicts_with_subcommands = true,
    after_long_help = EXAMPLES
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
enum Command {
    Serve(Serve),
    Migrate(Migrate),
    User(User),
    Seed(Seed),
    Db(Db),
    Purge(Purge),
    Backup(Backup),
    Restore(Restore),
    Config(Config),
    Openapi(Openapi),
    Healthcheck(Healthcheck),
    Completions(Completions),
}

impl Cli {
    /// What was asked for; without a word, to serve.
    fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

/// Does what the command line asks for.
///
/// # Errors
///
/// [`Failure::Usage`] for words that are none of the program's, and whatever the command
/// fails with.
pub fn run() -> Result<ExitCode, Failure> {
    match Cli::try_parse() {
        Ok(cli) => cli.into_command().run(),
        // Help that was asked for.
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => Err(Failure::Usage(explain(&error))),
    }
}

impl Command {
    fn run(self) -> Result<ExitCode, Failure> {
        match self {
            // They depend on no setting.
            Self::Openapi(command) => command.run(),
            Self::Completions(command) => command.run(Cli::command()),
            Self::Config(command) => {
                Program::run(command.flags(), async |program| command.run(program))
            }
            Self::Serve(command) => {
                Program::run(command.flags(), async |program| command.run(program).await)
            }
            Self::Migrate(command) => {
                Program::run(command.flags(), async |program| command.run(program).await)
            }
            Self::User(command) => {
                Program::run(command.flags(), async |program| command.run(program).await)
            }
            Self::Seed(command) => {
                Program::run(command.flags(), async |program| command.run(program).await)
            }
            Self::Db(command) => {
                Program::run(command.flags(), async |program| command.run(program).await)
            }
            Self::Purge(command) => {
                Program::run(command.flags(), async |program| command.run(program).await)
            }
            Self::Backup(command) => {
                Program::run(command.flags(), async |program| command.run(program).await)
            }
            Self::Restore(command) => {
                Program::run(command.flags(), async |program| command.run(program).await)
            }
            Self::Healthcheck(command) => {
                Program::run(command.flags(), async |program| command.run(program).await)
            }
        }
    }
}

/// What is wrong with the words, in one line, and where to read about them. A word may be a
/// URL that was put in the wrong place.
fn explain(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let is_cause =
        |line: &&str| !line.starts_with("Usage:") && !line.starts_with("For more information");
    let cause: Vec<String> = text
        .lines()
        .take_while(is_cause)
        .flat_map(str::split_whitespace)
        .map(masked)
        .collect();
    format!("{}\nSee `hexpress --help`.", cause.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Command {
        let words = line.split_whitespace();
        Cli::try_parse_from(words).unwrap().into_command()
    }

    fn settings(line: &str) -> Vec<(&'static str, String)> {
        let flags = match parse(line) {
            Command::Serve(serve) => serve.flags(),
            Command::Migrate(migrate) => migrate.flags(),
            Command::Config(config) => config.flags(),
            other => panic!("{other:?}"),
        };
        flags.into_iter().collect()
    }

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        for line in ["hexpress", "hexpress serve"] {
            assert!(matches!(parse(line), Command::Serve(_)), "{line}");
            assert_eq!(settings(line), []);
        }
        let port = [("PORT", "0".to_owned())];
        assert_eq!(settings("hexpress --port 0"), port);
        assert_eq!(settings("hexpress serve --port 0"), port);
    }

    #[test]
    fn a_bare_flag_runs_migrations() {
        for (line, value) in [
            ("hexpress --auto-migrate", "true"),
            ("hexpress --auto-migrate=false", "false"),
        ] {
            assert_eq!(settings(line), [("AUTO_MIGRATE", value.to_owned())]);
        }
    }

    #[test]
    fn the_database_may_be_named_before_and_after_the_action() {
        let url = [("DATABASE_URL", "sqlite://a.db".to_owned())];
        assert_eq!(
            settings("hexpress migrate up --database-url sqlite://a.db"),
            url
        );
        assert_eq!(
            settings("hexpress migrate --database-url sqlite://a.db up"),
            url
        );
        assert_eq!(
            settings("hexpress config --database-url sqlite://a.db"),
            url
        );
    }

    #[test]
    fn wrong_words_are_explained_in_two_lines() {
        for (line, cause) in [
            ("hexpress sereve", "'sereve'"),
            ("hexpress migrate", "up, down, status, generate"),
            ("hexpress user", "create, set-role"),
            ("hexpress user create --email a@example.org", "--first-name"),
            (
                "hexpress --auto-migrate=a --auto-migrate=b",
                "--auto-migrate",
            ),
        ] {
            let error = Cli::try_parse_from(line.split_whitespace()).unwrap_err();
            let text = explain(&error);
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(
                text.starts_with("error: ") && text.contains(cause),
                "{text}"
            );
            assert!(!text.contains("Usage"), "{text}");
        }
    }

    #[test]
    fn words_in_the_wrong_place_show_no_password() {
        for line in [
            "hexpress postgres://ada:hunter2@db/shop",
            "hexpress serve postgres://ada:hunter2@db/shop",
            "hexpress migrate up postgres://ada:47/hunter2@db/shop",
            "hexpress --databaseurl=postgres://ada:hunter2@db/shop",
        ] {
            let error = Cli::try_parse_from(line.split_whitespace()).unwrap_err();
            let text = explain(&error);
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn what_is_not_meant_is_refused() {
        for line in [
            "hexpress migrate",
            "hexpress migrate down --every",
            "hexpress user create --email a@example.org",
            "hexpress --port 1 migrate up",
            "hexpress sereve",
        ] {
            let error = Cli::try_parse_from(line.split_whitespace()).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }
}
