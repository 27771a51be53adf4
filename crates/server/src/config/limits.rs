use hexpress_web::LimitSettings;

use super::reader::Reader;
use super::{ConfigError, Setting};

/// How much is taken on.
#[derive(Debug, Clone, Copy)]
pub struct LimitsConfig {
    /// Of requests and sign-ups.
    pub counts: LimitSettings,
    /// The longest body of a post, in bytes.
    pub post_body: usize,
}

impl LimitsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        reader.section("Requests");
        let app_env = reader.app_env();
        // From what holds the smallest post to what a server should keep in memory.
        let post_body = reader.whole(
            Setting::new(
                "BODY_LIMIT_BYTES",
                "the longest body of a post, then 413; elsewhere it is 65536",
            ),
            10_485_760,
            1024..=1_073_741_824,
        )?;
        let concurrent_requests = reader.whole(
            Setting::new(
                "MAX_CONCURRENT_REQUESTS",
                "how many requests are handled at once; beyond that 503 at once. Health is always \
                 answered",
            ),
            1024,
            1..=1_000_000,
        )?;
        let requests_per_minute = reader.whole(
            Setting::new(
                "RATE_LIMIT_PER_MINUTE",
                "requests from each account, or from each client address without a token: so many \
                 at once, and then as they come back one by one over the minute; beyond that 429. \
                 Counted by each instance for itself; 0 is off",
            ),
            app_env.pick(0, 0, 600),
            0..=1_000_000,
        )?;
        let sign_ups_per_hour = reader.whole(
            Setting::new(
                "SIGNUP_LIMIT_PER_HOUR",
                "sign-ups from each client address, those included that found the email taken; \
                 counted likewise",
            ),
            app_env.pick(0, 0, 20),
            0..=1_000_000,
        )?;
        Ok(Self {
            counts: LimitSettings {
                concurrent_requests,
                requests_per_minute,
                sign_ups_per_hour,
            },
            post_body,
        })
    }
}
