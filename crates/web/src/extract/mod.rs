//! What handlers take a request apart with.
//!
//! [`Checked`] is the one place where the contract's order of checks stands. A handler
//! says in its signature what it takes, and gets it no other way.

mod address;
mod body;
mod checked;
mod conditions;
mod fields;
mod form;
mod idempotency;
mod path;
mod query;
mod who;

pub(crate) use address::Address;
pub(crate) use checked::Checked;
pub(crate) use conditions::Conditions;
pub(crate) use fields::{Fields, UNKNOWN};
pub(crate) use form::{Body, Declared, Described, Form};
pub(crate) use idempotency::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, replayed};
pub(crate) use path::PathParameter;
pub(crate) use query::{NoQuery, Query};
pub(crate) use who::{Guest, Who};
