//! Where the two databases differ: the same names in both modules, side by side.

pub(crate) mod postgres;
pub(crate) mod sqlite;
