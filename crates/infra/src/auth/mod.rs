//! Tokens, and the counters of guesses at passwords, in the database.

mod guard;
mod rows;
mod tokens;

pub use guard::DieselLoginGuard;
pub use tokens::DieselTokenRepository;
