//! Flags that outweigh settings.

use clap::Args;

pub use crate::config::Flags;

// Flags of the server: a doc comment would become the help of the command.
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

// Flags of a command that works on the database.
#[derive(Debug, Default, Args)]
pub struct DatabaseFlags {
    /// Database, in place of DATABASE_URL: sqlite://PATH or
    /// postgres://user@host/name. A password is safer in the environment, since
    /// command lines can be seen by others
    #[arg(long, value_name = "URL", global = true)]
    database_url: Option<String>,
}

// Flags of a command that asks the server.
#[derive(Debug, Default, Args)]
pub struct AddressFlags {
    /// Address that it listens on, in place of HOST
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// Port that it listens on, in place of PORT
    #[arg(long, value_name = "NUMBER")]
    port: Option<String>,
}

impl ServeFlags {
    pub fn settings(&self) -> Flags {
        let mut flags = named([
            ("HOST", &self.host),
            ("PORT", &self.port),
            ("AUTO_MIGRATE", &self.auto_migrate),
            ("LOG_LEVEL", &self.log_level),
        ]);
        flags.extend(self.database.settings());
        flags
    }
}

impl DatabaseFlags {
    pub fn settings(&self) -> Flags {
        named([("DATABASE_URL", &self.database_url)])
    }
}

impl AddressFlags {
    pub fn settings(&self) -> Flags {
        named([("HOST", &self.host), ("PORT", &self.port)])
    }
}

fn named<const N: usize>(flags: [(&'static str, &Option<String>); N]) -> Flags {
    let set = |(name, value): (_, &Option<String>)| Some((name, value.clone()?));
    flags.into_iter().filter_map(set).collect()
}
