use chrono::TimeDelta;
use hexpress_app::order::OrderPolicy;

use super::reader::Reader;
use super::{ConfigError, Setting};

const TEN_YEARS_IN_HOURS: u32 = 87_600;
const TEN_YEARS_IN_MINUTES: u32 = TEN_YEARS_IN_HOURS * 60;

/// How long orders and their keys wait.
#[derive(Debug, Clone, Copy)]
pub struct OrderConfig {
    /// When keys are forgotten, and unpaid orders cancelled.
    pub policy: OrderPolicy,
}

impl OrderConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        reader.section("Orders");
        let key_ttl = reader.whole(
            Setting::new(
                "IDEMPOTENCY_TTL_HOURS",
                "how long an `Idempotency-Key` is known; changing it bears on keys that come from \
                 then on",
            ),
            24,
            1..=TEN_YEARS_IN_HOURS,
        )?;
        let pending_ttl = reader.whole(
            Setting::new(
                "ORDER_PENDING_TTL_MINUTES",
                "when an order that nobody has paid for is cancelled and its stock returned, by \
                 whichever instance gets there first; 0 is never",
            ),
            0,
            0..=TEN_YEARS_IN_MINUTES,
        )?;
        Ok(Self {
            policy: OrderPolicy {
                key_ttl: TimeDelta::hours(key_ttl.into()),
                pending_ttl: (pending_ttl > 0).then(|| TimeDelta::minutes(pending_ttl.into())),
            },
        })
    }
}
