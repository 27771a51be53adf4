//! Tokens, and the counters of guesses at passwords, in the database.

mod guard;
mod rows;
mod tokens;

pub use guard::DieselLoginGuard;
pub use tokens::DieselTokenRepository;

/// How many expired rows are removed in one transaction.
const SWEEP_BATCH: u16 = 1_000;
