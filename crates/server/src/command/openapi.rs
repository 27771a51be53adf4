use std::process::ExitCode;

use clap::Args;

use super::output::print;
use crate::failure::Failure;

/// Print the OpenAPI document, as GET /api/openapi.json answers it
#[derive(Debug, Args)]
pub struct Openapi {}

impl Openapi {
    pub fn run(&self) -> Result<ExitCode, Failure> {
        print(&format!("{:#}\n", hexpress_web::openapi("")))?;
        Ok(ExitCode::SUCCESS)
    }
}
