//! What goes through whole tables: made-up data, copies of databases, and the purge of what
//! was deleted. It stands above the aggregates and goes around the ports.

pub(crate) mod bulk;
pub mod copy;
pub mod purge;
pub mod seed;
