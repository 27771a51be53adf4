use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::auth::{LoginAttempt, Reservation};
use serde::{Deserialize, Serialize};

/// The windows that are open, or have been, by what they count.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Windows(BTreeMap<String, Window>);

/// At first one that ended long ago.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Window {
    failed: u32,
    in_flight: u32,
    ends_at: DateTime<Utc>,
}

/// What a guess counts for: how often it may, and for how long it does.
pub struct Limit {
    counted: String,
    guesses: u32,
    length: TimeDelta,
}

/// The limits that a guess falls under. Neither an email nor an address holds a blank.
pub fn limits(attempt: &LoginAttempt, per_minute: u32) -> [Limit; 3] {
    let LoginAttempt { email, address, .. } = attempt;
    let limit = |counted, times, length| Limit {
        counted,
        guesses: per_minute.saturating_mul(times),
        length,
    };
    let minute = TimeDelta::minutes(1);
    [
        limit(format!("pair {email} {address}"), 1, minute),
        limit(format!("address {address}"), 5, minute),
        limit(format!("email {email}"), 10, TimeDelta::hours(1)),
    ]
}

impl Window {
    /// Why no guess may be made now beside what is counted.
    fn refusal(&self, guesses: u32, now: DateTime<Utc>) -> Option<Reservation> {
        let left = (self.ends_at - now).to_std();
        let retry_after = left.ok().filter(|left| *left > Duration::ZERO)?;
        if self.failed >= guesses {
            Some(Reservation::Refused { retry_after })
        } else if self.failed + self.in_flight >= guesses {
            Some(Reservation::Pending)
        } else {
            None
        }
    }
}

impl Windows {
    /// Counts a guess as in flight under each limit, or under none where one has been
    /// reached.
    pub fn count(&mut self, limits: [Limit; 3], now: DateTime<Utc>) -> Reservation {
        let refusals = limits.iter().filter_map(|limit| {
            let window = self.0.get(&limit.counted)?;
            window.refusal(limit.guesses, now)
        });
        if let Some(refusal) = refusals.max() {
            return refusal;
        }
        for limit in limits {
            let window = self.0.entry(limit.counted).or_default();
            if window.ends_at <= now {
                let ends_at = now + limit.length;
                *window = Window {
                    ends_at,
                    ..Window::default()
                };
            }
            // Of guesses that overtake each other, the window begins with the earliest.
            window.ends_at = window.ends_at.min(now + limit.length);
            window.in_flight += 1;
        }
        Reservation::Granted { at: now }
    }

    /// Ends the flight of a guess in the windows that counted it, where they are open, and
    /// counts this many failures.
    pub fn land(&mut self, limits: &[Limit], now: DateTime<Utc>, failures: u32) {
        for limit in limits {
            if let Some(window) = self.0.get_mut(&limit.counted)
                // One that ends later was opened by a guess after this one.
                && (now..=now + limit.length).contains(&window.ends_at)
                && window.in_flight > 0
            {
                window.in_flight -= 1;
                window.failed += failures;
            }
        }
    }

    /// Removes what has ended, and returns how much that was.
    pub fn sweep(&mut self, now: DateTime<Utc>) -> u64 {
        let before = self.0.len();
        self.0.retain(|_, window| window.ends_at > now);
        u64::try_from(before - self.0.len()).unwrap_or(u64::MAX)
    }
}
