use hexpress_domain::post::PostQuery;
use hexpress_web::LimitSettings;

use super::reader::Reader;
use super::{ConfigError, Setting};

/// The most bytes that a budget may have: what one semaphore hands out at once.
const MAX_BUDGET: usize = 4_294_967_295;

/// The least bytes for bodies: a quarter is for those of at most 64 KiB, such as logins, and holds
/// one of them.
const LEAST_BODIES: usize = 4 * 64 * 1024;

/// The least bytes for answers: an answer has to fit into an empty budget. The longest is a page of
/// posts with content, each byte of which may be six in JSON; the rest of it is less than 2 MiB.
const LEAST_RESPONSES: usize = 6 * PostQuery::MAX_CONTENT_BYTES + 2 * 1024 * 1024;

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
                "how many requests are handled at once, those not among them whose body is \
                 awaited; beyond that 503 at once. Health is always answered",
            ),
            1024,
            1..=1_000_000,
        )?;
        let least_bodies = LEAST_BODIES.max(2 * post_body);
        let body_bytes = reader.value(
            Setting::new(
                "BODY_BUDGET_BYTES",
                "the bodies of all requests together, until they are answered; beyond that 503. \
                 A quarter is for bodies of at most 64 KiB, such as logins. One client address may \
                 take an eighth, or a single body. It is at least twice `BODY_LIMIT_BYTES`, \
                 and at least 262144",
            ),
            67_108_864.max(least_bodies),
            &format!(
                "a whole number from {least_bodies} to {MAX_BUDGET}: at least twice \
                 BODY_LIMIT_BYTES, and at least {LEAST_BODIES} (4 × 64 KiB)"
            ),
            |text| {
                let bytes = text.parse().ok();
                bytes.filter(|bytes| (least_bodies..=MAX_BUDGET).contains(bytes))
            },
        )?;
        let pending_bodies_per_address = reader.whole(
            Setting::new(
                "MAX_PENDING_BODIES_PER_ADDRESS",
                "requests of one client address whose body is awaited; beyond that 503",
            ),
            64,
            1..=1_000_000,
        )?;
        let response_bytes = reader.whole(
            Setting::new(
                "RESPONSE_BUDGET_BYTES",
                "the answers of more than 16 KiB together, until they are written; beyond that \
                 503. Those to one client address may take an eighth of it, or be a single one",
            ),
            134_217_728,
            LEAST_RESPONSES..=MAX_BUDGET,
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
                "sign-ups and changes of the own email from each client address, those included \
                 that found the email taken; counted likewise",
            ),
            app_env.pick(0, 0, 20),
            0..=1_000_000,
        )?;
        Ok(Self {
            counts: LimitSettings {
                concurrent_requests,
                body_bytes,
                pending_bodies_per_address,
                response_bytes,
                requests_per_minute,
                sign_ups_per_hour,
            },
            post_body,
        })
    }
}
