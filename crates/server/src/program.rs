//! What every command starts with: the settings, the log and a runtime.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use tokio::runtime::Runtime;
use tracing::warn;

use crate::config::{self, Config, DatabaseConfig, Effective, Loaded, Sources};
use crate::failure::Failure;
use crate::telemetry::{self, DroppedLines};

/// What a command works with.
pub struct Program {
    /// The values of the settings.
    pub config: Config,
    /// Each setting with its origin, secrets masked.
    pub settings: Vec<Effective>,
    /// Where the settings were looked for.
    pub sources: Sources,
    /// The lines of the log that were dropped.
    pub dropped: DroppedLines,
}

impl Program {
    /// Reads the settings, which `flags` outweigh, begins to log, and runs a command to
    /// its end.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] for a setting that is not allowed, and whatever the command
    /// fails with.
    pub fn run(
        flags: config::Flags,
        command: impl AsyncFnOnce(&Self) -> Result<ExitCode, Failure>,
    ) -> Result<ExitCode, Failure> {
        let sources = Sources {
            flags,
            environment: config::environment(env::vars_os()),
            dot_env: config::read_dot_env(Path::new(".env"))?,
        };
        let Loaded {
            config,
            settings,
            ignored,
            unknown,
        } = Config::load(&sources)?;
        let telemetry = telemetry::init(&config.log)?;
        for name in ignored {
            warn!(name, "this is set, and nothing depends on it");
        }
        for name in unknown {
            warn!(name, "the file .env sets what is no setting");
        }
        let program = Self {
            config,
            settings,
            sources,
            dropped: telemetry.dropped.clone(),
        };
        let runtime = Runtime::new()?;
        let outcome = runtime.block_on(command(&program));
        // What still runs (a hash, a statement of SQLite) is waited for no longer.
        runtime.shutdown_background();
        telemetry.finish();
        outcome
    }

    /// The database of a command that does one thing and ends. One that would end with
    /// the command is refused: nothing that was done would be left.
    pub fn lasting_database(&self) -> Result<DatabaseConfig, Failure> {
        let target = &self.config.database.target;
        if target.lasts() {
            return Ok(self.config.database.for_one_task());
        }
        Err(Failure::Usage(format!(
            "{} is {target} (APP_ENV is {}), which would end with this command\n\
             Set DATABASE_URL, or add --database-url, to a database that lasts: sqlite://PATH or \
             postgres://…",
            self.config.database.named_by, self.config.app_env
        )))
    }

    /// Makes sure that something is meant which cannot be undone.
    pub fn confirm(&self, yes: bool, what: &str) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        Err(Failure::Usage(format!(
            "{what}, and APP_ENV is {}\nAdd --yes if it is meant.",
            self.config.app_env
        )))
    }
}
