use std::time::Duration;

use reqwest::StatusCode;

use crate::Error;

/// How often what may be repeated is sent, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many times at most, the first included.
    pub max_attempts: u32,
    /// How long all attempts and the pauses between them may take together. A pause
    /// that would end later is not
    /// begun: the last error is the result at once.
    pub max_total: Duration,
}

impl RetryPolicy {
    /// Everything is sent once.
    pub const NONE: Self = Self {
        max_attempts: 1,
        max_total: Duration::MAX,
    };

    /// The pause after the first attempt, where no answer says one; each further one is
    /// twice as long.
    const FIRST_PAUSE: Duration = Duration::from_millis(200);
    /// No pause of our own is longer.
    const MAX_PAUSE: Duration = Duration::from_secs(10);

    /// How long to wait after this many attempts, the last of which ended in this
    /// error; `None` where that is the
    /// result. `spread`, from 0 to 1, keeps clients that failed together from coming
    /// back together.
    pub(crate) fn pause(
        &self,
        error: &Error,
        attempts: u32,
        elapsed: Duration,
        spread: f64,
    ) -> Option<Duration> {
        let asked = match error {
            Error::NoAnswer(_) => None,
            Error::Api(error) if is_passing(error.status) => error.retry_after,
            Error::Unexpected {
                status,
                retry_after,
                ..
            } if is_passing(*status) => *retry_after,
            Error::Api(_) | Error::Unexpected { .. } => return None,
        };
        if attempts >= self.max_attempts {
            return None;
        }
        let pause = asked.unwrap_or_else(|| {
            let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
            let longest = Self::FIRST_PAUSE
                .saturating_mul(doubled)
                .min(Self::MAX_PAUSE);
            longest.mul_f64(0.5 + spread / 2.0)
        });
        (elapsed.saturating_add(pause) < self.max_total).then_some(pause)
    }
}

/// Four attempts within a minute.
impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            max_total: Duration::from_secs(60),
        }
    }
}

/// Whether the same request may well be answered soon. 500 is not among them: a fault stays.
fn is_passing(status: u16) -> bool {
    [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ]
    .into_iter()
    .any(|passing| passing == status)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn answer(status: u16, retry_after: Option<Duration>) -> Error {
        Error::Unexpected {
            status,
            retry_after,
            source: "a test".into(),
        }
    }

    fn pauses(error: &Error) -> Vec<Option<Duration>> {
        let policy = RetryPolicy::default();
        (1..=5)
            .map(|attempts| policy.pause(error, attempts, Duration::ZERO, 1.0))
            .collect()
    }

    #[test]
    fn an_answer_says_how_long_to_wait() {
        let said = Some(7 * SECOND);
        assert_eq!(pauses(&answer(503, said)), [said, said, said, None, None]);
        assert_eq!(pauses(&answer(429, said)), [said, said, said, None, None]);
    }

    #[test]
    fn otherwise_pauses_double_and_are_spread() {
        let own = |milliseconds| Some(Duration::from_millis(milliseconds));
        let expected = [own(200), own(400), own(800), None, None];
        assert_eq!(pauses(&answer(502, None)), expected);
        assert_eq!(pauses(&Error::NoAnswer("a test".into())), expected);
        let policy = RetryPolicy {
            max_attempts: u32::MAX,
            ..RetryPolicy::default()
        };
        let pause =
            |attempts, spread| policy.pause(&answer(504, None), attempts, Duration::ZERO, spread);
        assert_eq!(pause(1, 0.0), own(100));
        assert_eq!(pause(1_000, 1.0), Some(RetryPolicy::MAX_PAUSE));
    }

    #[test]
    fn what_stays_refused_is_not_repeated() {
        for status in [400, 401, 403, 404, 409, 412, 422, 500, 501] {
            assert_eq!(pauses(&answer(status, Some(SECOND))), [None; 5], "{status}");
        }
    }

    #[test]
    fn no_pause_ends_behind_the_limit() {
        let policy = RetryPolicy {
            max_attempts: 100,
            max_total: 10 * SECOND,
        };
        let pause = |elapsed| policy.pause(&answer(503, Some(5 * SECOND)), 1, elapsed, 0.0);
        assert_eq!(pause(4 * SECOND), Some(5 * SECOND));
        assert_eq!(pause(5 * SECOND), None);
        assert_eq!(pause(Duration::MAX), None);
    }

    #[test]
    fn once_is_once() {
        let pause =
            RetryPolicy::NONE.pause(&answer(503, Some(Duration::ZERO)), 1, Duration::ZERO, 0.0);
        assert_eq!(pause, None);
    }
}
