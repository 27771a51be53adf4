//! What people do with accounts, posts and the shop, all of it again on databases that were
//! filled on the other kind and copied.
#![expect(
    clippy::duplicate_mod,
    reason = "the same tests, which take their databases from here"
)]

#[path = "accounts.rs"]
mod accounts;
#[path = "posts.rs"]
mod posts;
#[path = "shop.rs"]
mod shop;

use crate::slow_db_copy::{other, succeeds};
use crate::support::{Kind, TestDatabase, run, stderr};

const A_LITTLE_OF_ALL: [&str; 9] = [
    "seed",
    "--users",
    "10",
    "--posts",
    "40",
    "--products",
    "10",
    "--orders",
    "20",
];

/// A database with made-up data that `hexpress db copy` has made.
async fn database(kind: Kind) -> TestDatabase {
    let source = TestDatabase::migrated(other(kind)).await;
    let seeding = run(&source, &A_LITTLE_OF_ALL, "");
    assert!(seeding.status.success(), "{}", stderr(&seeding));
    let copy = TestDatabase::empty(kind).await;
    succeeds(&source, &copy);
    copy
}
