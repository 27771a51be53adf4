use std::process::ExitCode;

use clap::Args;

use super::flags::{OfServer, SettingFlags};
use super::output::print;
use crate::config::{Flags, report};
use crate::failure::Failure;
use crate::program::Program;

/// Show every setting, its value, and where that came from
#[derive(Debug, Args)]
pub struct Config {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: SettingFlags<OfServer>,
}

impl Config {
    pub fn flags(&self) -> Flags {
        self.flags.given()
    }

    pub fn run(&self, program: &Program) -> Result<ExitCode, Failure> {
        if self.json {
            print(&format!("{:#}\n", report::json(&program.settings)))?;
        } else {
            print(&report::table(&program.settings))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
