//! Migrations: run, shown and taken back, and whether all of them have been run.

mod error;
mod generate;
mod readiness;
mod runner;
#[cfg(test)]
mod tests;

pub use error::MigrationError;
pub use generate::generate;
pub(crate) use runner::states;
pub use runner::{Migration, MigrationState, Migrator};
