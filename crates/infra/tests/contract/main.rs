//! What the adapters promise, on SQLite and on PostgreSQL: of the ports, by the testkit;
//! and what only their databases can show, by a function for each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod cached;
mod ledger;
mod login_guard;
mod order_key;
mod order_meanwhile;
mod order_model;
mod post_counts;
mod post_of_deleted_author;
mod post_views;
mod promises;
mod slow_order_race;
mod slow_post_texts;
mod stored_hashes;
mod stored_texts;
mod support;
mod token;
mod view_buffer;
