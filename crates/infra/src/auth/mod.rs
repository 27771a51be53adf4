//! Tokens, and the counters of guesses at passwords, in the database.

mod guard;
mod queue;
mod rows;
mod tokens;

pub use guard::DieselLoginGuard;
pub use queue::QueueingLoginGuard;
pub use tokens::DieselTokenRepository;
