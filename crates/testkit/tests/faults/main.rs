//! Adapters with a fault each: for every promise one that breaks it, and that the suite
//! finds by its name.
//!
//! Each fault stands where the adapter goes wrong, under the name of the promise that it
//! breaks. It may break others too, as one fault often does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod login_guard;
mod orders;
mod posts;
mod products;
mod tokens;
mod users;
mod views;

use std::sync::Arc;

use hexpress_domain::repository::Decide;
use hexpress_testkit::{Promise, broken};

/// A decision that is shown another row than the one there is.
fn misled<T: 'static, C: 'static>(
    decide: Decide<T, C>,
    mislead: impl Fn(&T) -> T + Send + Sync + 'static,
) -> Decide<T, C> {
    Arc::new(move |row| decide(&mislead(row)))
}

/// A decision of whose outcome something else is stored.
fn spoiled<T: 'static, C: 'static>(
    decide: Decide<T, C>,
    spoil: impl Fn(&T, Option<C>) -> Option<C> + Send + Sync + 'static,
) -> Decide<T, C> {
    Arc::new(move |row| Ok(spoil(row, decide(row)?)))
}

/// Runs the quick or the slow ones of the suite against the adapter without a fault and
/// with each.
async fn assert_found<S, G>(
    promises: &[Promise<S>],
    is_slow: bool,
    open: impl AsyncFn(&'static str) -> (S, G),
) {
    let suite = || {
        promises
            .iter()
            .filter(|promise| promise.is_slow() == is_slow)
    };
    assert_eq!(broken(suite(), || open("no fault")).await, []);
    for fault in suite().map(Promise::name) {
        let found = broken(suite(), || open(fault)).await;
        let found: Vec<_> = found.iter().map(|broken| broken.promise).collect();
        assert!(
            found.contains(&fault),
            "{fault} is kept, and broken are {found:?}"
        );
    }
}
