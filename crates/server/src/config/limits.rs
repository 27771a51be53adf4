use hexpress_web::LimitSettings;

use super::{ConfigError, Reader};

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
        let app_env = reader.app_env();
        Ok(Self {
            // From what holds the smallest post to what a server should keep in memory.
            post_body: reader.whole("BODY_LIMIT_BYTES", 10_485_760, 1024..=1_073_741_824)?,
            counts: LimitSettings {
                concurrent_requests: reader.whole(
                    "MAX_CONCURRENT_REQUESTS",
                    1024,
                    1..=1_000_000,
                )?,
                requests_per_minute: reader.whole(
                    "RATE_LIMIT_PER_MINUTE",
                    app_env.pick(0, 0, 600),
                    0..=1_000_000,
                )?,
                sign_ups_per_hour: reader.whole(
                    "SIGNUP_LIMIT_PER_HOUR",
                    app_env.pick(0, 0, 20),
                    0..=1_000_000,
                )?,
            },
        })
    }
}
