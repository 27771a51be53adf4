//! The program `hexpress`: reads the configuration, puts the parts together, and
//! does what the command line asks. Open `command` to see what that may be, and
//! `wiring` to see which parts there are.

mod cli;
mod command;
mod config;
mod failure;
mod lifecycle;
mod listener;
mod metrics;
#[cfg(feature = "probe")]
mod probe;
mod telemetry;
mod wiring;

use std::env;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;
use tracing::warn;

use cli::{Cli, Command};
use config::{Config, Sources};
use failure::Failure;

fn main() -> ExitCode {
    let outcome = match Cli::try_parse() {
        Ok(cli) => run(&cli.into_command()),
        // Help that was asked for.
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => Err(Failure::Usage(cli::explain(&error))),
    };
    outcome.unwrap_or_else(|failure| failure.report())
}

fn run(command: &Command) -> Result<ExitCode, Failure> {
    // They depend on no setting.
    match command {
        Command::Completions { shell } => return command::completions::run(*shell),
        Command::Openapi => return command::openapi::run(),
        _ => {}
    }
    let sources = Sources {
        flags: command.settings(),
        environment: config::environment(env::vars_os()),
        dot_env: config::read_dot_env(Path::new(".env"))?,
    };
    let loaded = Config::load(&sources)?;
    let config = &loaded.config;
    let telemetry = telemetry::init(&config.log)?;
    for name in &loaded.unknown {
        warn!(name, "the file .env sets what is no setting");
    }

    let runtime = Runtime::new()?;
    let outcome = runtime.block_on(async {
        match command {
            Command::Serve(_) => command::serve::run(config, &sources).await,
            Command::Migrate(migrate) => command::migrate::run(config, &migrate.action).await,
            Command::User(user) => command::user::run(config, &user.action, &sources).await,
            Command::Backup(backup) => command::backup::run(config, &backup.file).await,
            Command::Db(db) => command::db::run(config, &db.action).await,
            Command::Purge(purge) => command::purge::run(config, purge).await,
            Command::Seed(seed) => command::seed::run(config, seed, &sources).await,
            Command::Config(show) => command::config::run(&loaded.settings, show.json),
            Command::Openapi => command::openapi::run(),
            Command::Healthcheck(_) => command::healthcheck::run(&config.http).await,
            Command::Completions { shell } => command::completions::run(*shell),
        }
    });
    // What still runs (a hash, a statement of SQLite) is waited for no longer.
    runtime.shutdown_background();
    telemetry.finish();
    outcome
}
