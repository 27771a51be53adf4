//! Adapters: what the ports of `hexpress-domain` promise, kept by real machinery.
//!
//! What belongs here: SQL, connections, migrations, hashing, randomness, the
//! clock. What does not: rules, permissions, HTTP.
//!
//! Open [`user`] first: a port, its rows and its statements, in the shape that
//! every aggregate has; then [`database`], which runs them.

pub mod auth;
mod bulk;
pub mod cache;
pub mod copy;
pub mod database;
pub mod order;
pub mod post;
pub mod product;
pub mod purge;
pub mod security;
pub mod seed;
pub mod user;
