use std::process::ExitCode;

use super::print;
use crate::failure::Failure;

/// Prints the OpenAPI document.
pub fn run() -> Result<ExitCode, Failure> {
    print(&format!("{:#}\n", hexpress_web::openapi("")))?;
    Ok(ExitCode::SUCCESS)
}
