//! Adapters: what the ports of `hexpress-domain` promise, kept by real machinery.
//!
//! What belongs here: tables, queries, hashing, randomness, the clock. What does not: rules,
//! permissions, HTTP.
//!
//! Open [`user`] first: a port, its rows and its statements, in the shape that
//! every aggregate has. `hexpress-database` runs them. [`adapters`] builds them all.

mod adapters;
pub mod auth;
pub mod cache;
pub mod database;
mod list;
pub mod maintenance;
pub mod order;
pub mod post;
pub mod product;
mod schema;
pub mod security;
#[cfg(test)]
mod testing;
pub mod user;

pub use adapters::{AdapterOptions, Adapters, adapters, cached, plain_adapters};
