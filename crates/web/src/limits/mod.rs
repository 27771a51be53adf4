//! Limits: requests at once, requests from one client, sign-ups from one address. Guesses
//! at passwords are not among them: those are counted in the database, by the use cases.

pub(crate) mod overload;
mod quota;
mod rate;

use std::sync::Arc;
use std::time::Duration;

use hexpress_domain::auth::{Actor, ClientAddress};
use hexpress_domain::user::UserId;
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub(crate) use quota::QuotaSlot;
use rate::RateLimiter;

use crate::error::{ApiError, RateLimit};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// How much is accepted. Each instance counts only its own requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSettings {
    /// Requests that are handled at once; beyond that, 503. Health stands outside.
    pub concurrent_requests: usize,
    /// Requests in a minute from each account, or from each client address where
    /// there is no account; beyond that, 429. 0 is no limit.
    pub requests_per_minute: u32,
    /// Sign-ups in an hour from each client address; beyond that, 429. 0 is no limit.
    pub sign_ups_per_hour: u32,
}

/// 1024 requests at once, and no limit for each client.
impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            concurrent_requests: 1024,
            requests_per_minute: 0,
            sign_ups_per_hour: 0,
        }
    }
}

/// The limits, and how much of each is used.
pub struct Limits {
    capacity: Arc<Semaphore>,
    requests: Option<RateLimiter<Client>>,
    sign_ups: Option<RateLimiter<ClientAddress>>,
}

/// Whom requests are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Client {
    Account(UserId),
    Address(ClientAddress),
}

impl Limits {
    /// Limits with nothing counted yet.
    #[must_use]
    pub fn new(settings: &LimitSettings) -> Self {
        let permits = settings.concurrent_requests.min(Semaphore::MAX_PERMITS);
        Self {
            capacity: Arc::new(Semaphore::new(permits)),
            requests: RateLimiter::new(settings.requests_per_minute, MINUTE),
            sign_ups: RateLimiter::new(settings.sign_ups_per_hour, HOUR),
        }
    }

    /// Counts a request, and tells the answer how much is left.
    pub(crate) fn request(
        &self,
        actor: &Actor,
        address: ClientAddress,
        slot: Option<&QuotaSlot>,
    ) -> Result<(), ApiError> {
        let Some(limiter) = &self.requests else {
            return Ok(());
        };
        let client = actor.principal().map_or(Client::Address(address), |user| {
            Client::Account(user.user_id)
        });
        let taken = limiter.take(client, Instant::now());
        if let Some(slot) = slot {
            slot.fill(limiter.quota(taken));
        }
        refuse(RateLimit::Requests, taken.retry_after)
    }

    /// Counts a sign-up, until the place is dropped without having been kept.
    pub(crate) fn sign_up(
        self: &Arc<Self>,
        address: ClientAddress,
    ) -> Result<SignUpPlace, ApiError> {
        if let Some(limiter) = &self.sign_ups {
            let taken = limiter.take(address, Instant::now());
            refuse(RateLimit::SignUps, taken.retry_after)?;
        }
        Ok(SignUpPlace {
            limits: Arc::clone(self),
            address,
            kept: false,
        })
    }
}

fn refuse(limit: RateLimit, retry_after: Option<Duration>) -> Result<(), ApiError> {
    match retry_after {
        None => Ok(()),
        Some(retry_after) => Err(ApiError::LimitReached { limit, retry_after }),
    }
}

/// A sign-up that is counted. What turns out to be none, such as a body with
/// faults, gives its place back.
pub(crate) struct SignUpPlace {
    limits: Arc<Limits>,
    address: ClientAddress,
    kept: bool,
}

impl SignUpPlace {
    /// From here on the client learns whether an address is registered.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for SignUpPlace {
    fn drop(&mut self) {
        if !self.kept
            && let Some(limiter) = &self.limits.sign_ups
        {
            limiter.give_back(self.address);
        }
    }
}
