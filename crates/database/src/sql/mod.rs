//! What statements are made of: types, conditions, orders and pages, prepared statements, locks,
//! and how each database spells what they spell differently. Knows no connection.

mod condition;
pub mod dialect;
mod keyset;
mod locked;
mod prepared;
mod types;

pub use condition::Condition;
pub use keyset::{Direction, Keyset, SortValue, split_page};
pub use locked::Locked;
pub use prepared::Prepared;
pub use types::{Id, Instant, StoredId, StoredInstant};
