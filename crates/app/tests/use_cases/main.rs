//! The use cases and the table of permissions, on mocks alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod auth;
mod order;
mod permissions;
mod post;
mod post_visibility;
mod product;
mod support;
mod user;
