//! Adapters over the system's randomness, its clock, and argon2.

mod clock;
mod password;
mod token;

pub use clock::{SystemClock, UuidV7Generator};
pub use password::{Argon2Hasher, Argon2Settings, Argon2SettingsError, HashingStatus};
pub use token::RandomTokenMint;
