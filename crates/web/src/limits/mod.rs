//! Limits: requests at once, the bytes of their bodies, requests from one client, sign-ups
//! from one address. Guesses at passwords are not among them: those are counted in the
//! database, by the use cases.

mod answer;
mod bytes;
mod place;
mod quota;
mod rate;
mod shares;

use std::sync::Arc;
use std::time::Duration;

use hexpress_domain::auth::{Actor, ClientAddress};
use hexpress_domain::user::UserId;
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub(crate) use answer::Constant;
use bytes::ByteBudget;
pub(crate) use place::Place;
pub(crate) use quota::QuotaSlot;
use rate::{RateLimiter, Taken};
pub use shares::{AddressShare, AddressShares};

use crate::error::{ApiError, RateLimit};

/// The longest body of a request about anything but posts, in bytes.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// How much is accepted. Each instance counts only its own requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSettings {
    /// Requests that are handled at once; beyond that, 503. Health stands outside. A
    /// request is not handled while its body is awaited.
    pub concurrent_requests: usize,
    /// Bytes that the bodies of all requests take up together, from their arrival until
    /// the requests are answered; beyond that, 503. A quarter of it is for the short ones
    /// (at most 64 KiB), such as logins, the rest for posts. Those of one client address may
    /// take up an eighth of either, or the longest that is allowed where that is more.
    pub body_bytes: usize,
    /// Requests of one client address whose bodies are awaited; beyond that, 503.
    pub pending_bodies_per_address: usize,
    /// Bytes that all long answers take up together, until they are written or their
    /// readers have gone; beyond that, 503. Those to one client address may take up
    /// an eighth of it, or be a single one.
    pub response_bytes: usize,
    /// Requests in a minute from each account, or from each client address where
    /// there is no account; beyond that, 429. 0 is no limit.
    pub requests_per_minute: u32,
    /// Sign-ups in an hour from each client address; beyond that, 429. 0 is no limit.
    pub sign_ups_per_hour: u32,
}

/// 1024 requests at once, 64 MiB of bodies, 64 awaited bodies of each address, 128 MiB of
/// answers, and no quota for each client.
impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            concurrent_requests: 1024,
            body_bytes: 64 * 1024 * 1024,
            pending_bodies_per_address: 64,
            response_bytes: 128 * 1024 * 1024,
            requests_per_minute: 0,
            sign_ups_per_hour: 0,
        }
    }
}

/// The limits, and how much of each is used.
pub struct Limits {
    capacity: Arc<Semaphore>,
    short_bodies: ByteBudget,
    long_bodies: ByteBudget,
    long_turn: Arc<Semaphore>,
    pending_bodies: Arc<AddressShares>,
    answers: ByteBudget,
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
        let one_short = BODY_LIMIT.min(settings.body_bytes / 2);
        let short_bodies = one_short.max(settings.body_bytes / 4);
        let permits = settings.concurrent_requests.min(Semaphore::MAX_PERMITS);
        Self {
            capacity: Arc::new(Semaphore::new(permits)),
            short_bodies: ByteBudget::new(short_bodies),
            long_bodies: ByteBudget::new(settings.body_bytes - short_bodies),
            long_turn: Arc::new(Semaphore::new(1)),
            pending_bodies: Arc::new(AddressShares::new(settings.pending_bodies_per_address)),
            answers: ByteBudget::new(settings.response_bytes),
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
        grant(RateLimit::Requests, taken)
    }

    /// Counts a sign-up, until the place is dropped without having been kept.
    pub(crate) fn sign_up(
        self: &Arc<Self>,
        address: ClientAddress,
    ) -> Result<SignUpPlace, ApiError> {
        if let Some(limiter) = &self.sign_ups {
            let taken = limiter.take(address, Instant::now());
            grant(RateLimit::SignUps, taken)?;
        }
        Ok(SignUpPlace {
            limits: Arc::clone(self),
            address,
            kept: false,
        })
    }
}

fn grant(limit: RateLimit, taken: Taken) -> Result<(), ApiError> {
    if taken.is_granted {
        return Ok(());
    }
    let retry_after = taken.more_in;
    Err(ApiError::LimitReached { limit, retry_after })
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
