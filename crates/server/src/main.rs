//! The program `hexpress`: reads the configuration, puts the parts together, and
//! does what the command line asks. Open `command` to see what that may be, and
//! `wiring` to see which parts there are.

mod command;
mod config;
mod failure;
mod lifecycle;
mod listener;
mod metrics;
mod open_files;
mod patience;
#[cfg(feature = "probe")]
mod probe;
mod program;
mod service_manager;
mod telemetry;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run().unwrap_or_else(|failure| failure.report())
}
