use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use hexpress_app::Preconditions;
use hexpress_domain::order::IdempotencyKey;

use super::body::{FromBody, RequestBody};
use super::{Address, Conditions, PathParameter, Query, Who, idempotency, query};
use crate::Api;
use crate::error::ApiError;
use crate::limits::Place;

/// A request that has passed all checks that come before its use case, in the order of
/// the contract. A handler gets its input only through this type: who calls, the path's
/// parameter, the query, and the body.
///
/// Input that a handler does not name is refused: query parameters, and bodies other than
/// `{}`. The body of a `GET` is not read.
pub(crate) struct Checked<W, P = (), Q = (), B = ()> {
    /// Who calls: an [`Actor`](hexpress_domain::auth::Actor), or the proof that one may.
    pub(crate) who: W,
    /// What the path names.
    pub(crate) path: P,
    /// What the query asks for.
    pub(crate) query: Q,
    /// What the client has of a thing that it reads.
    pub(crate) conditions: Conditions,
    /// The versions at which the client wants the thing that the path names.
    pub(crate) preconditions: Option<Preconditions>,
    /// The idempotency key, where the endpoint takes one.
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    /// What the body holds.
    pub(crate) body: B,
    /// Held until the handler is done.
    _place: Place,
}

impl<W: Who, P: PathParameter, Q: Query, B: FromBody> FromRequest<Arc<Api>>
    for Checked<W, P, Q, B>
{
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, ApiError> {
        let mut place = Place::take(&api.limits)?;
        let (mut parts, body) = request.into_parts();
        let who = W::identify(&mut parts, api).await?;
        let path = P::read(&mut parts, api).await?;
        let query = Q::read(query::fields(&parts.uri)?, who.actor())?;
        let conditions = Conditions::of(&parts.headers);
        let preconditions = if P::IS_THING {
            conditions.preconditions()?
        } else {
            None
        };
        let idempotency_key = if B::IS_IDEMPOTENT {
            idempotency::key(&parts.headers)?
        } else {
            None
        };
        let Ok(Address(address)) = Address::from_request_parts(&mut parts, api).await;
        let body = RequestBody {
            method: parts.method,
            headers: parts.headers,
            body,
            address,
            place: &mut place,
        };
        let body = B::from_body(body, api).await?;
        Ok(Self {
            who,
            path,
            query,
            conditions,
            preconditions,
            idempotency_key,
            body,
            _place: place,
        })
    }
}
