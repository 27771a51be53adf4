use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use hexpress_domain::auth::ClientAddress;
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::BODY_LIMIT;
use super::Limits;
use super::bytes::HeldBytes;
use crate::error::{ApiError, Capacity};

/// The least memory that a body with bytes in it takes, so that it grows in few steps.
const FIRST_ROOM: usize = 4 * 1024;

/// A request's place among those that are handled at once, with what its body takes up.
pub(crate) struct Place {
    limits: Arc<Limits>,
    /// `None` while the body is awaited.
    permit: Option<OwnedSemaphorePermit>,
    body: Option<HeldBytes>,
    /// What requests with long bodies take turns for.
    turn: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// Takes a place.
    ///
    /// # Errors
    ///
    /// [`ApiError::Overloaded`] where none is free.
    pub(crate) fn take(limits: &Arc<Limits>) -> Result<Self, ApiError> {
        Ok(Self {
            permit: Some(permit(&limits.capacity)?),
            body: None,
            turn: None,
            limits: Arc::clone(limits),
        })
    }

    /// Receives a body. Its bytes are counted until the place is dropped. While they are
    /// awaited, others may have the permit: one byte would hold it.
    ///
    /// Requests with bodies longer than [`BODY_LIMIT`] are handled one after the other: what
    /// they cost the processor, the memory and SQLite's one writer, others wait for once and
    /// not many times.
    ///
    /// # Errors
    ///
    /// [`ApiError`] where the body is too long or too late or broken off, or too much is
    /// going on.
    pub(crate) async fn receive(
        &mut self,
        body: Body,
        limit: usize,
        patience: Duration,
        address: ClientAddress,
    ) -> Result<Bytes, ApiError> {
        if body.is_end_stream() {
            return Ok(Bytes::new());
        }
        self.permit = None;
        let received = timeout(patience, self.collect(body, limit, address)).await;
        let received = received.unwrap_or(Err(ApiError::BodyTimeout))?;
        if received.len() > BODY_LIMIT {
            let turn = Arc::clone(&self.limits.long_turn).acquire_owned();
            let turn = timeout(patience, turn).await;
            let turn = turn.map_err(|_| ApiError::Overloaded(Capacity::BodyBytes))?;
            self.turn = turn.ok();
        }
        self.permit = Some(permit(&self.limits.capacity)?);
        Ok(received)
    }

    /// Joins the chunks as they come: each would keep a buffer of its own.
    async fn collect(
        &mut self,
        mut body: Body,
        limit: usize,
        address: ClientAddress,
    ) -> Result<Bytes, ApiError> {
        let mut pending = self.limits.pending_bodies.begin(address);
        if !pending.grow(1, 0) {
            return Err(ApiError::Overloaded(Capacity::PendingBodies));
        }
        // Long bodies must not keep anybody from logging in.
        let budget = if limit <= BODY_LIMIT {
            &self.limits.short_bodies
        } else {
            &self.limits.long_bodies
        };
        let mut held = budget.begin(address);
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            // The client broke off; nobody reads the answer.
            let frame = frame
                .map_err(|_| ApiError::InvalidJson("The request body broke off".to_owned()))?;
            let Ok(chunk) = frame.into_data() else {
                continue;
            };
            let length = bytes.len().saturating_add(chunk.len());
            if length > limit {
                return Err(ApiError::BodyTooLarge { limit });
            }
            if length > bytes.capacity() {
                let room = length.max(bytes.capacity() * 2).max(FIRST_ROOM).min(limit);
                let more = room - bytes.capacity();
                if !held.grow(more, limit) {
                    return Err(ApiError::Overloaded(Capacity::BodyBytes));
                }
                bytes.reserve_exact(room - bytes.len());
            }
            bytes.extend_from_slice(&chunk);
        }
        self.body = Some(held);
        Ok(bytes.into())
    }
}

fn permit(capacity: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ApiError> {
    let permit = Arc::clone(capacity).try_acquire_owned();
    permit.map_err(|_| ApiError::Overloaded(Capacity::Requests))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{FutureExt, StreamExt, stream};

    use super::super::LimitSettings;
    use super::*;

    const HERE: ClientAddress = ClientAddress::LOCAL;
    const LONG: Duration = Duration::from_secs(60);

    fn limits(settings: LimitSettings) -> Arc<Limits> {
        Arc::new(Limits::new(&settings))
    }

    /// A body of these chunks that does not end.
    fn endless(chunks: &'static [&'static [u8]]) -> Body {
        let chunks = stream::iter(chunks).map(|chunk| Ok::<_, Infallible>(*chunk));
        Body::from_stream(chunks.chain(stream::pending()))
    }

    fn is_overloaded<T>(result: &Result<T, ApiError>, by: Capacity) -> bool {
        matches!(result, Err(ApiError::Overloaded(capacity)) if *capacity == by)
    }

    #[test]
    fn a_place_is_free_again_when_its_request_is_answered() {
        let concurrent_requests = 1;
        let limits = limits(LimitSettings {
            concurrent_requests,
            ..LimitSettings::default()
        });
        let place = Place::take(&limits);
        assert!(place.is_ok());
        assert!(is_overloaded(&Place::take(&limits), Capacity::Requests));
        drop(place);
        assert!(Place::take(&limits).is_ok());
    }

    #[tokio::test]
    async fn who_waits_for_a_body_holds_no_permit() {
        let limits = limits(LimitSettings {
            concurrent_requests: 1,
            pending_bodies_per_address: 1,
            ..LimitSettings::default()
        });
        let mut waiting = Place::take(&limits).unwrap();
        let mut receiving = Box::pin(waiting.receive(endless(&[b"a"]), 10, LONG, HERE));
        assert!(receiving.as_mut().now_or_never().is_none());

        let mut other = Place::take(&limits).unwrap();
        let received = other.receive(Body::from("b"), 10, LONG, HERE).await;
        assert!(is_overloaded(&received, Capacity::PendingBodies));
        drop((receiving, other));
        let mut other = Place::take(&limits).unwrap();
        let received = other.receive(Body::from("b"), 10, LONG, HERE).await;
        assert_eq!(received.unwrap(), "b");
        assert!(is_overloaded(&Place::take(&limits), Capacity::Requests));
    }

    #[tokio::test]
    async fn long_bodies_are_handled_one_after_the_other() {
        let limits = limits(LimitSettings::default());
        let long = || Body::from(vec![b'a'; BODY_LIMIT + 1]);
        let mut first = Place::take(&limits).unwrap();
        assert!(first.receive(long(), LIMIT, LONG, HERE).await.is_ok());
        let mut second = Place::take(&limits).unwrap();
        let mut waiting = Box::pin(second.receive(long(), LIMIT, LONG, there(1)));
        assert!(waiting.as_mut().now_or_never().is_none());
        let mut short = Place::take(&limits).unwrap();
        let body = Body::from(vec![b'a'; BODY_LIMIT]);
        assert!(short.receive(body, LIMIT, LONG, HERE).await.is_ok());
        drop(first);
        assert!(waiting.await.is_ok());
        let mut third = Place::take(&limits).unwrap();
        let refused = third.receive(long(), LIMIT, Duration::ZERO, HERE).await;
        assert!(is_overloaded(&refused, Capacity::BodyBytes));
    }

    fn there(last: u8) -> ClientAddress {
        std::net::IpAddr::from([192, 0, 2, last]).into()
    }

    /// The limit of a long body.
    const LIMIT: usize = 4 * BODY_LIMIT;

    #[tokio::test]
    async fn bodies_are_counted_until_their_requests_are_answered() {
        let limits = limits(LimitSettings {
            // Three long ones, and as much as another for the short.
            body_bytes: 4 * LIMIT,
            ..LimitSettings::default()
        });
        let receive = async |length: usize, limit: usize, last: u8| {
            let mut place = Place::take(&limits).unwrap();
            let body = Body::from(vec![b'a'; length]);
            let received = place.collect(body, limit, there(last)).await;
            received.map(|_| place)
        };
        // What an address holds is its own share until then, even if it has sent all.
        let mut places = Vec::new();
        for last in 1..=3 {
            places.push(receive(LIMIT, LIMIT, last).await.unwrap());
            let more = receive(1, LIMIT, last).await;
            assert!(is_overloaded(&more, Capacity::BodyBytes));
        }
        assert!(is_overloaded(
            &receive(1, LIMIT, 4).await,
            Capacity::BodyBytes
        ));
        // Everybody may log in.
        assert!(receive(BODY_LIMIT, BODY_LIMIT, 1).await.is_ok());
        assert!(receive(BODY_LIMIT, BODY_LIMIT, 4).await.is_ok());
        places.clear();
        assert!(receive(LIMIT, LIMIT, 4).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_only_announced_or_comes_in_single_bytes_costs_what_is_there() {
        let limits = limits(LimitSettings {
            body_bytes: 8 * FIRST_ROOM,
            ..LimitSettings::default()
        });
        let chunks = stream::repeat(Ok::<_, Infallible>(&b"a"[..])).take(FIRST_ROOM);
        let mut place = Place::take(&limits).unwrap();
        let body = Body::from_stream(chunks);
        let received = place.receive(body, BODY_LIMIT, LONG, HERE).await.unwrap();
        assert_eq!(received.len(), FIRST_ROOM);
        let left = limits
            .short_bodies
            .begin(there(1))
            .grow(FIRST_ROOM, FIRST_ROOM);
        assert!(left);
    }

    #[tokio::test]
    async fn one_address_cannot_fill_the_budget_with_what_it_does_not_end() {
        let limits = limits(LimitSettings {
            body_bytes: 4 * LIMIT,
            ..LimitSettings::default()
        });
        let whole: &'static [u8] = vec![b'a'; LIMIT - 1].leak();
        let begun = || {
            Body::from_stream(stream::iter([Ok::<_, Infallible>(whole)]).chain(stream::pending()))
        };
        let mut first = Place::take(&limits).unwrap();
        let mut receiving = Box::pin(first.receive(begun(), LIMIT, LONG, HERE));
        assert!(receiving.as_mut().now_or_never().is_none());
        let mut second = Place::take(&limits).unwrap();
        let received = second.receive(begun(), LIMIT, LONG, HERE).await;
        assert!(is_overloaded(&received, Capacity::BodyBytes));
        let mut third = Place::take(&limits).unwrap();
        let received = third.receive(Body::from("a"), LIMIT, LONG, there(1)).await;
        assert!(received.is_ok());
    }
}
