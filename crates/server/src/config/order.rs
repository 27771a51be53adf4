use chrono::TimeDelta;
use hexpress_app::order::OrderPolicy;

use super::{ConfigError, Reader};

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
        let key_ttl = reader.whole("IDEMPOTENCY_TTL_HOURS", 24, 1..=TEN_YEARS_IN_HOURS)?;
        let pending_ttl = reader.whole("ORDER_PENDING_TTL_MINUTES", 0, 0..=TEN_YEARS_IN_MINUTES)?;
        Ok(Self {
            policy: OrderPolicy {
                key_ttl: TimeDelta::hours(key_ttl.into()),
                pending_ttl: (pending_ttl > 0).then(|| TimeDelta::minutes(pending_ttl.into())),
            },
        })
    }
}
