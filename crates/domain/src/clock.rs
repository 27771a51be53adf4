//! Time and fresh ids, passed in so that rules and use cases can be tested.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The time of day. Every time that Hexpress stores comes from here.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present time, in whole milliseconds: the time stored is the time shown.
    fn now(&self) -> DateTime<Utc>;
}

/// Makes ids that no other call has made or will make.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait IdGenerator: Send + Sync {
    /// A new UUID of version 7 (RFC 9562): later ids sort later.
    fn uuid(&self) -> Uuid;
}

/// Cuts a time to the millisecond that the clock ticks in.
#[must_use]
pub fn to_milliseconds(time: DateTime<Utc>) -> DateTime<Utc> {
    // Every time has its milliseconds, and they are a time again.
    DateTime::from_timestamp_millis(time.timestamp_millis()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_below_the_millisecond() {
        let time = DateTime::from_timestamp_micros(1_700_000_000_123_999).unwrap_or_default();
        assert_eq!(
            to_milliseconds(time).timestamp_micros(),
            1_700_000_000_123_000
        );
    }

    #[test]
    fn cuts_times_that_nanoseconds_cannot_count() {
        let last: Option<DateTime<Utc>> = "9999-12-31T23:59:59.123999Z".parse().ok();
        let cut = last.map(|time| to_milliseconds(time).timestamp_subsec_nanos());
        assert_eq!(cut, Some(123_000_000));
        let first: Option<DateTime<Utc>> = "0001-01-01T00:00:00.123999Z".parse().ok();
        let cut = first.map(|time| to_milliseconds(time).timestamp_subsec_nanos());
        assert_eq!(cut, Some(123_000_000));
    }
}
