//! What handlers take a request apart with.
//!
//! Extractors take what they need and refuse nothing, but for what comes first in
//! the contract's order of checks: too much load, a bad token, too many requests.
//! [`Caller`] and [`Guest`] see to that, so every handler outside of health begins with
//! one of them. Each other check is a call in the handler, so that it reads in order.

mod address;
mod body;
mod caller;
mod conditions;
mod fields;
mod guest;
mod idempotency;
mod path;
mod query;

pub(crate) use address::Address;
pub(crate) use body::RequestBody;
pub(crate) use caller::Caller;
pub(crate) use conditions::Conditions;
#[cfg(test)]
pub(crate) use fields::names_taken_by;
pub(crate) use fields::{Fields, UNKNOWN};
pub(crate) use guest::Guest;
pub(crate) use idempotency::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, Idempotency};
pub(crate) use path::{PathId, PathSlug};
pub(crate) use query::Query;
