//! What each command does.

pub mod config;
pub mod migrate;
pub mod serve;
pub mod user;

use std::io::{self, Write};

use crate::failure::Failure;

/// Prints to standard output. Whoever reads it may stop at any time.
fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
