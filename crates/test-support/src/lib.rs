//! Throwaway databases for tests, as described under "Tests" in the design.
//!
//! What belongs here: starting, filling and removing databases, and raw SQL for tests that look
//! behind an adapter or break something on purpose. What does not: helpers that speak of users or
//! requests; they live with their tests.
//!
//! Start reading at [`TestDatabase`]. `run` is what all test processes of one run share, `cluster`
//! the PostgreSQL server, `postgres` and `sqlite` one test's own database.
#![warn(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that gets no database fails, and says why by panicking"
)]

mod cluster;
mod database;
mod kind;
pub mod migrations;
mod own_postgres;
mod postgres;
mod run;
mod sqlite;

pub use database::{OpenTransaction, TestDatabase};
pub use kind::Kind;
pub use own_postgres::OwnPostgres;

/// Compiles and runs the code in the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/reusing-the-crates.md")]
struct ReusingTheCrates;
