use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::quota::Quota;

/// How many clients are remembered at most, some megabytes.
const MAX_CLIENTS: usize = 65_536;

/// Limits the requests of each client in a window (the generic cell rate algorithm, ITU-T
/// I.371). A client may use its whole quota at once, and then one request each time that
/// its share of the window has passed.
pub(super) struct RateLimiter<K> {
    quota: u32,
    window: Duration,
    /// When each client has its whole quota again. Who is not in it has it now.
    whole_at: Mutex<HashMap<K, Instant>>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    /// How many more would be taken now.
    pub(super) remaining: u32,
    /// Until one more than that would be taken.
    pub(super) more_in: Duration,
    /// Whether it was taken itself.
    pub(super) is_granted: bool,
}

impl<K: Copy + Eq + Hash> RateLimiter<K> {
    /// A limiter, unless the quota is 0, which is no limit.
    pub(super) fn new(quota: u32, window: Duration) -> Option<Self> {
        (quota > 0).then(|| Self {
            quota,
            window,
            whole_at: Mutex::default(),
        })
    }

    /// Takes one request out of a client's quota, if there is one left in it.
    pub(super) fn take(&self, client: K, now: Instant) -> Taken {
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        if whole_at.len() >= MAX_CLIENTS && !whole_at.contains_key(&client) {
            make_room(&mut whole_at, now);
        }
        let before = whole_at.get(&client).map_or(Duration::ZERO, |instant| {
            instant.saturating_duration_since(now)
        });
        let after = before + self.share();
        // Even `before` may be more than the window: whoever read the clock later may come first.
        let Some(left) = self.window.checked_sub(after) else {
            return Taken {
                remaining: 0,
                more_in: after.saturating_sub(self.window),
                is_granted: false,
            };
        };
        whole_at.insert(client, now + after);
        let (left, share) = (left.as_nanos(), self.share().as_nanos());
        let missing = u64::try_from(share - left % share).unwrap_or(u64::MAX);
        Taken {
            remaining: u32::try_from(left / share).unwrap_or(u32::MAX),
            more_in: Duration::from_nanos(missing),
            is_granted: true,
        }
    }

    /// Undoes [`Self::take`].
    pub(super) fn give_back(&self, client: K) {
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(instant) = whole_at.get_mut(&client)
            && let Some(earlier) = instant.checked_sub(self.share())
        {
            *instant = earlier;
        }
    }

    /// What a client is told of its quota.
    pub(super) const fn quota(&self, taken: Taken) -> Quota {
        Quota {
            limit: self.quota,
            window: self.window,
            remaining: taken.remaining,
            more_in: taken.more_in,
        }
    }

    /// The part of the window that one request uses up.
    fn share(&self) -> Duration {
        self.window / self.quota
    }
}

/// Forgets clients who have their whole quota. Where half of them have not, forgets all:
/// this limit does not help against a flood from so many addresses, and its memory must
/// stay bounded.
fn make_room<K: Eq + Hash>(whole_at: &mut HashMap<K, Instant>, now: Instant) {
    whole_at.retain(|_, instant| *instant > now);
    if whole_at.len() > MAX_CLIENTS / 2 {
        whole_at.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    fn limiter(quota: u32) -> RateLimiter<u32> {
        RateLimiter::new(quota, WINDOW).unwrap()
    }

    #[test]
    fn a_quota_may_be_used_at_once_and_comes_back_in_shares() {
        let (limiter, begin) = (limiter(3), Instant::now());
        for remaining in [2, 1, 0] {
            let taken = limiter.take(1, begin);
            assert!(taken.is_granted);
            assert_eq!(taken.remaining, remaining);
            assert_eq!(taken.more_in, Duration::from_secs(20));
        }
        let refused = limiter.take(1, begin + Duration::from_secs(5));
        assert!(!refused.is_granted);
        assert_eq!(refused.more_in, Duration::from_secs(15));
        assert_eq!(refused.remaining, 0);
        let later = begin + Duration::from_secs(20);
        assert!(limiter.take(1, later).is_granted);
        assert!(!limiter.take(1, later).is_granted);
    }

    #[test]
    fn who_waits_as_long_as_told_is_let_in() {
        let (limiter, begin) = (limiter(7), Instant::now());
        for _ in 0..7 {
            assert!(limiter.take(1, begin).is_granted);
        }
        let wait = limiter.take(1, begin).more_in;
        let early = begin + wait - Duration::from_nanos(1);
        assert!(!limiter.take(1, early).is_granted);
        assert!(limiter.take(1, begin + wait).is_granted);
    }

    #[test]
    fn who_read_the_clock_earlier_may_come_later() {
        let (limiter, begin) = (limiter(1), Instant::now());
        let lag = Duration::from_millis(1);
        assert!(limiter.take(1, begin + lag).is_granted);
        let refused = limiter.take(1, begin);
        assert!(!refused.is_granted);
        assert_eq!((refused.remaining, refused.more_in), (0, WINDOW + lag));
    }

    #[test]
    fn clients_have_a_quota_each() {
        let (limiter, begin) = (limiter(1), Instant::now());
        assert!(limiter.take(1, begin).is_granted);
        assert!(limiter.take(2, begin).is_granted);
        assert!(!limiter.take(1, begin).is_granted);
    }

    #[test]
    fn what_is_given_back_may_be_taken_again() {
        let (limiter, begin) = (limiter(1), Instant::now());
        limiter.take(1, begin);
        limiter.give_back(1);
        assert!(limiter.take(1, begin).is_granted);
    }

    #[test]
    fn more_clients_cost_no_more_memory() {
        let (limiter, begin) = (limiter(1), Instant::now());
        let clients = u32::try_from(MAX_CLIENTS).unwrap();
        for client in 0..clients * 3 {
            limiter.take(client, begin);
            assert!(limiter.whole_at.lock().unwrap().len() <= MAX_CLIENTS);
        }
    }

    #[test]
    fn those_with_their_whole_quota_are_forgotten_first() {
        let (limiter, begin) = (limiter(2), Instant::now());
        let clients = u32::try_from(MAX_CLIENTS).unwrap();
        for client in 0..clients {
            limiter.take(client, begin);
        }
        let later = begin + WINDOW / 2;
        limiter.take(0, later - Duration::from_nanos(1));
        limiter.take(clients, later);
        assert_eq!(limiter.whole_at.lock().unwrap().len(), 2);
    }

    #[test]
    fn no_quota_is_no_limit() {
        assert!(RateLimiter::<u32>::new(0, WINDOW).is_none());
    }
}
