//! What the ports promise, on SQLite and on PostgreSQL: one function for each
//! promise in the ports' documentation.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod login_guard;
mod order;
mod order_key;
mod order_list;
mod order_model;
mod post;
mod post_cohort;
mod post_list;
mod post_search;
mod post_slug;
mod post_statistics;
mod product;
mod product_list;
mod slow_order_race;
mod support;
mod token;
mod user;
mod user_list;
mod view_buffer;
mod view_count;
