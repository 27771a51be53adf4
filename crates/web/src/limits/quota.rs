use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue};

use crate::error::whole_seconds;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What a client is told of its quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(super) limit: u32,
    pub(super) window: Duration,
    pub(super) remaining: u32,
    pub(super) more_in: Duration,
}

/// Travels with a request, so that whoever counts it can say to the outermost layer
/// what is left.
#[derive(Debug, Clone, Default)]
pub(crate) struct QuotaSlot(Arc<OnceLock<Quota>>);

impl QuotaSlot {
    pub(super) fn fill(&self, quota: Quota) {
        // A request is counted once.
        self.0.set(quota).ok();
    }

    pub(crate) fn get(&self) -> Option<Quota> {
        self.0.get().copied()
    }
}

impl Quota {
    /// Writes the header fields of draft-ietf-httpapi-ratelimit-headers-10: structured
    /// fields (RFC 9651) with the quota `q` in the window `w`, and what remains `r`
    /// until more of it is there, `t`; times in seconds. Of a refused request `t` is `Retry-After`.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let Self {
            limit,
            window,
            remaining,
            more_in,
        } = self;
        let policy = format!("\"default\";q={limit};w={}", window.as_secs());
        let left = format!("\"default\";r={remaining};t={}", whole_seconds(more_in));
        for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
    }
}
