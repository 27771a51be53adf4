use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::auth::{ClientAddress, LoginAttempt, LoginGuard, Reservation};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::Email;

/// A [`LoginGuard`] that counts in memory, so for one process alone. Each window begins
/// with the first guess that it counts.
pub struct MemoryLoginGuard {
    limit_per_minute: u32,
    windows: Mutex<HashMap<Counted, Window>>,
}

#[derive(PartialEq, Eq, Hash)]
enum Counted {
    Pair(Email, ClientAddress),
    Address(ClientAddress),
    Email(Email),
}

/// At first one that ended long ago.
#[derive(Default)]
struct Window {
    failed: u32,
    in_flight: u32,
    ends_at: DateTime<Utc>,
}

/// What a guess counts for: how often it may, and for how long it does.
struct Limit {
    counted: Counted,
    guesses: u32,
    length: TimeDelta,
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

impl MemoryLoginGuard {
    /// Lets each pair of email and address guess so often in a minute, each address
    /// five times as often, each email ten times as often in an hour. 0 is no limit.
    #[must_use]
    pub fn new(limit_per_minute: u32) -> Self {
        Self {
            limit_per_minute,
            windows: Mutex::default(),
        }
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<Counted, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the flight of a guess in the windows that counted it, where they are open.
    fn land(&self, attempt: LoginAttempt, failures: u32) {
        let now = attempt.at;
        let mut windows = self.windows();
        for limit in self.limits(attempt) {
            // One that ends later was opened by a guess after this one.
            let counted_it = |end| end > now && end <= now + limit.length;
            if let Some(window) = windows.get_mut(&limit.counted)
                && counted_it(window.ends_at)
                && window.in_flight > 0
            {
                window.in_flight -= 1;
                window.failed += failures;
            }
        }
    }

    fn limits(&self, LoginAttempt { email, address, .. }: LoginAttempt) -> [Limit; 3] {
        let limit = |counted, times, length| Limit {
            counted,
            guesses: self.limit_per_minute.saturating_mul(times),
            length,
        };
        let minute = TimeDelta::minutes(1);
        [
            limit(Counted::Pair(email.clone(), address), 1, minute),
            limit(Counted::Address(address), 5, minute),
            limit(Counted::Email(email), 10, TimeDelta::hours(1)),
        ]
    }
}

#[async_trait]
impl LoginGuard for MemoryLoginGuard {
    async fn reserve(&self, attempt: LoginAttempt) -> Result<Reservation, RepositoryError> {
        if self.limit_per_minute == 0 {
            return Ok(Reservation::Granted { at: attempt.at });
        }
        let now = attempt.at;
        let mut windows = self.windows();
        let limits = self.limits(attempt);
        let refusals = limits.iter().filter_map(|limit| {
            let window = windows.get(&limit.counted)?;
            window.refusal(limit.guesses, now)
        });
        if let Some(refusal) = refusals.max() {
            return Ok(refusal);
        }
        for limit in limits {
            let window = windows.entry(limit.counted).or_default();
            if window.ends_at <= now {
                *window = Window {
                    ends_at: now + limit.length,
                    ..Window::default()
                };
            }
            // Of guesses that overtake each other, the window begins with the earliest.
            window.ends_at = window.ends_at.min(now + limit.length);
            window.in_flight += 1;
        }
        Ok(Reservation::Granted { at: now })
    }

    async fn release(&self, attempt: LoginAttempt) {
        self.land(attempt, 0);
    }

    async fn fail(&self, attempt: LoginAttempt) {
        self.land(attempt, 1);
    }

    fn abandon(&self, attempt: LoginAttempt) {
        self.land(attempt, 1);
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        let mut windows = self.windows();
        let before = windows.len();
        windows.retain(|_, window| window.ends_at > now);
        Ok(u64::try_from(before - windows.len()).unwrap_or(u64::MAX))
    }
}
