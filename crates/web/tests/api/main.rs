//! The routes, through the router in process, over use cases on mocks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod auth;
mod bodies;
mod conventions;
mod errors;
mod order;
mod product;
mod support;
mod user;
mod user_list;
