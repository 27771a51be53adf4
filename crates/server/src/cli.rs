//! The command line: what can be asked for, and which settings its flags weigh
//! heavier than. The doc comments are the help text.

mod data;
mod examples;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};
use clap_complete::Shell;

use examples::{COMPLETIONS_EXAMPLES, EXAMPLES, MIGRATE_EXAMPLES, USER_EXAMPLES};

pub use data::{Copy, Db, DbAction, Purge, Seed};

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
    serve: ServeFlags,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server (also without any command)
    Serve(ServeFlags),
    /// Bring the database's schema forward or back
    Migrate(Migrate),
    /// Create and change accounts, the first admin's above all
    ///
    /// A password is read from standard input with --password-stdin, otherwise from
    /// HEXPRESS_PASSWORD, otherwise asked for twice at the terminal.
    User(User),
    /// Fill the database with data that looks real
    ///
    /// The same --rng-seed makes the same rows: a second run adds what is not there yet,
    /// and changes nothing. All users have one password, HEXPRESS_PASSWORD or a
    /// usual one, which is printed.
    Seed(Seed),
    /// Move whole databases
    Db(Db),
    /// Remove for good what was deleted before a date
    ///
    /// Persons first: emails, names and passwords; then posts, with their old slugs, and
    /// products that nobody has ordered. Orders stay, without the person. Who and what
    /// was deleted can be restored until then.
    Purge(Purge),
    /// Copy the SQLite database into a new file, while the server runs
    ///
    /// The copy is the database of one moment, and a database file like the first: to
    /// restore it, stop the server, put the copy in the file's place and remove the files
    /// beside it that end in -wal and -shm. PostgreSQL has pg_dump for that.
    Backup(Backup),
    /// Show every setting, its value, and where that came from
    Config(ShowConfig),
    /// Print the OpenAPI document, as GET /api/openapi.json answers it
    Openapi,
    /// Ask the running server whether it is ready
    ///
    /// The exit code is 0 if it is, and 1 if not. For containers and scripts, which need
    /// no other program for it then.
    Healthcheck(Healthcheck),
    /// Print what a shell reads to complete these words
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// What can be said with `hexpress backup`.
#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    database: DatabaseFlags,
    /// Where the copy goes; there may be nothing yet
    pub file: PathBuf,
}

/// Flags that outweigh settings of where the server is.
#[derive(Debug, Default, Args)]
pub struct Healthcheck {
    /// Address that it listens on, in place of HOST
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// Port that it listens on, in place of PORT
    #[arg(long, value_name = "NUMBER")]
    port: Option<String>,
}

/// Flags that outweigh settings of the server.
#[derive(Debug, Default, Args)]
pub struct ServeFlags {
    /// Address to listen on, in place of HOST
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// Port to listen on, 0 for any free one, in place of PORT
    #[arg(long, value_name = "NUMBER")]
    port: Option<String>,
    /// Run pending migrations at start, or not, in place of AUTO_MIGRATE
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    auto_migrate: Option<String>,
    /// off, error, warn, info, debug or trace, in place of LOG_LEVEL
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    #[command(flatten)]
    database: DatabaseFlags,
}

/// Flags that outweigh settings of the database.
#[derive(Debug, Default, Args)]
pub struct DatabaseFlags {
    /// Database, in place of DATABASE_URL: sqlite://PATH or
    /// postgres://user@host/name. A password is safer in the environment, since
    /// command lines can be seen by others
    #[arg(long, value_name = "URL", global = true)]
    database_url: Option<String>,
}

/// What can be said with `hexpress migrate`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = false, after_help = MIGRATE_EXAMPLES)]
pub struct Migrate {
    #[command(flatten)]
    database: DatabaseFlags,
    /// What to do
    #[command(subcommand)]
    pub action: MigrateAction,
}

/// What can be done about migrations.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum MigrateAction {
    /// Run every migration that is pending
    Up,
    /// Undo the latest migration, and the data that only it has room for
    Down {
        /// Undo all of them: the database is empty after it
        #[arg(long)]
        all: bool,
        /// Do it, though this is no development database (needed unless APP_ENV
        /// is development)
        #[arg(long)]
        yes: bool,
    },
    /// List all migrations; the exit code is 3 if any is pending
    Status {
        /// Print JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Write an empty pair up.sql and down.sql for each database, below the
    /// folder `migrations`
    Generate {
        /// What it does, such as add_user_phone: letters, digits, _ and -
        name: String,
    },
}

/// What can be said with `hexpress user`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = false, after_help = USER_EXAMPLES)]
pub struct User {
    #[command(flatten)]
    database: DatabaseFlags,
    /// What to do
    #[command(subcommand)]
    pub action: UserAction,
}

/// What can be done about accounts.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum UserAction {
    /// Create an account; the only way to a first admin
    Create {
        /// Address to log in with
        #[arg(long)]
        email: String,
        /// The person's first name
        #[arg(long)]
        first_name: String,
        /// The person's last name, which may be empty
        #[arg(long)]
        last_name: String,
        /// user, moderator or admin
        #[arg(long, default_value = "user")]
        role: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give an account another role
    SetRole {
        /// Whose
        #[arg(long)]
        email: String,
        /// user, moderator or admin
        #[arg(long)]
        role: String,
    },
    /// Give an account another password, which ends all its sessions and tokens
    SetPassword {
        /// Whose
        #[arg(long)]
        email: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Let an account log in again
    Activate {
        /// Whose
        #[arg(long)]
        email: String,
    },
    /// Keep an account from logging in, which ends all its sessions and tokens
    Deactivate {
        /// Whose
        #[arg(long)]
        email: String,
    },
}

/// What can be said with `hexpress config`.
#[derive(Debug, Args)]
pub struct ShowConfig {
    /// Print JSON, for programs
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
    #[command(flatten)]
    flags: ServeFlags,
}

impl Cli {
    /// What was asked for; without a word, to serve.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

/// What is wrong with the words, in one line, and where to read about them.
pub fn explain(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let is_cause =
        |line: &&str| !line.starts_with("Usage:") && !line.starts_with("For more information");
    let cause: Vec<&str> = text
        .lines()
        .take_while(is_cause)
        .flat_map(str::split_whitespace)
        .collect();
    format!("{}\nSee `hexpress --help`.", cause.join(" "))
}

impl Command {
    /// The settings that flags outweigh, by name.
    pub fn settings(&self) -> BTreeMap<&'static str, String> {
        match self {
            // In production there has to be one.
            Self::Db(Db {
                action: DbAction::Copy(copy),
            }) => BTreeMap::from([("DATABASE_URL", copy.to.clone())]),
            Self::Serve(flags) | Self::Config(ShowConfig { flags, .. }) => flags.settings(),
            Self::Migrate(Migrate { database, .. })
            | Self::User(User { database, .. })
            | Self::Seed(Seed { database, .. })
            | Self::Purge(Purge { database, .. })
            | Self::Backup(Backup { database, .. }) => {
                named([("DATABASE_URL", &database.database_url)])
            }
            Self::Healthcheck(Healthcheck { host, port }) => {
                named([("HOST", host), ("PORT", port)])
            }
            Self::Completions { .. } => BTreeMap::new(),
            Self::Openapi => BTreeMap::new(),
        }
    }
}

impl ServeFlags {
    fn settings(&self) -> BTreeMap<&'static str, String> {
        named([
            ("HOST", &self.host),
            ("PORT", &self.port),
            ("AUTO_MIGRATE", &self.auto_migrate),
            ("LOG_LEVEL", &self.log_level),
            ("DATABASE_URL", &self.database.database_url),
        ])
    }
}

fn named<const N: usize>(
    flags: [(&'static str, &Option<String>); N],
) -> BTreeMap<&'static str, String> {
    flags
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.clone()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Command {
        let words = line.split_whitespace();
        Cli::try_parse_from(words).unwrap().into_command()
    }

    fn settings(line: &str) -> Vec<(&'static str, String)> {
        parse(line).settings().into_iter().collect()
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
