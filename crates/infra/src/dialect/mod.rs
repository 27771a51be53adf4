//! The locks of each database, side by side.

pub(crate) mod postgres;
pub(crate) mod sqlite;
