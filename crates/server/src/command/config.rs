use std::process::ExitCode;

use super::print;
use crate::config::{Setting, report};
use crate::failure::Failure;

/// Shows every setting.
pub fn run(settings: &[Setting], as_json: bool) -> Result<ExitCode, Failure> {
    if as_json {
        print(&format!("{:#}\n", report::json(settings)))?;
    } else {
        print(&report::table(settings))?;
    }
    Ok(ExitCode::SUCCESS)
}
