use chrono::{DateTime, Utc};
use hexpress_domain::clock::{Clock, IdGenerator, to_milliseconds};
use uuid::Uuid;

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter that all others get their time from"
    )]
    fn now(&self) -> DateTime<Utc> {
        to_milliseconds(Utc::now())
    }
}

/// UUIDs of version 7: the time in front, random behind.
#[derive(Debug, Clone, Copy, Default)]
pub struct UuidV7Generator;

impl IdGenerator for UuidV7Generator {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter that all others get their ids from"
    )]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_ticks_in_milliseconds() {
        assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1_000_000, 0);
    }

    #[test]
    fn later_ids_sort_later() {
        let ids: Vec<_> = (0..1_000).map(|_| UuidV7Generator.uuid()).collect();
        assert!(ids.is_sorted());
        assert_eq!(UuidV7Generator.uuid().get_version_num(), 7);
    }
}
