//! Records to put into a store: valid, alike, and with ids of their own, for tests to
//! change one thing at a time. What is passed in must be valid, or they panic.

mod auth;
mod post;
mod shop;
mod user;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::clock::IdGenerator;
use hexpress_domain::list::PageRequest;
use hexpress_domain::repository::{Decide, Refusal, RepositoryError};
use uuid::{Builder, Uuid};

pub use auth::{api_token, attempt, digest, session};
pub use post::{
    batch, draft, named, post_deletion, post_edit, post_restoration, published, renaming, slug,
};
pub use shop::{
    order_record, order_step, product_deletion, product_edit, product_record, with_key,
};
pub use user::{
    deactivation, demotion, hash, name, new_password, someone, user_deletion, user_edit,
    user_record, user_restoration,
};

/// The time at which everything is made.
#[must_use]
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 123_000_000).unwrap()
}

/// The time at which everything is changed.
#[must_use]
pub fn later() -> DateTime<Utc> {
    now() + TimeDelta::seconds(90)
}

/// An id that nothing has.
#[must_use]
pub const fn unknown() -> Uuid {
    Uuid::from_u128(404)
}

/// The first page, of this size.
#[must_use]
pub fn page(size: u8) -> PageRequest {
    PageRequest {
        size: size.try_into().unwrap(),
        ..PageRequest::default()
    }
}

/// A decision that nothing is to be changed.
#[must_use]
pub fn nothing<T, C>() -> Decide<T, C> {
    Arc::new(|_: &T| Ok(None))
}

/// A decision that refuses, whatever there is.
#[must_use]
pub fn refusal<T, C>() -> Decide<T, C> {
    Arc::new(|_: &T| Err(Refusal::from("refused")))
}

/// Whether a decision has refused.
#[must_use]
pub fn is_refused<T>(outcome: &Result<T, RepositoryError>) -> bool {
    matches!(outcome, Err(RepositoryError::Refused(_)))
}

/// Ids that no other call in this process has made, each larger than the last: the time
/// in them is [`now`], and what would be random is a count.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountingIds;

static MADE: AtomicU64 = AtomicU64::new(0);

impl IdGenerator for CountingIds {
    fn uuid(&self) -> Uuid {
        let count = MADE.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut random = [0; 10];
        // Two bits of the third byte say which variant of UUIDs this is.
        random[3..9].copy_from_slice(&count[2..]);
        let millis = now().timestamp_millis().try_into().unwrap();
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_7_and_later_ones_are_larger() {
        let ids: Vec<_> = (0..1_000).map(|_| CountingIds.uuid()).collect();
        assert!(ids.is_sorted_by(|left, right| left < right));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }
}
