//! What handlers take a request apart with.
//!
//! Extractors take what they need and refuse nothing, but for a bad token: each
//! check is a call in the handler, so that it reads in the contract's order.

mod address;
mod body;
mod caller;
mod conditions;
mod fields;
mod idempotency;
mod path;
mod query;

pub(crate) use address::Address;
pub(crate) use body::RequestBody;
pub(crate) use caller::Caller;
pub(crate) use conditions::Conditions;
pub(crate) use fields::Fields;
pub(crate) use idempotency::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, Idempotency};
pub(crate) use path::PathId;
pub(crate) use query::Query;
