use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::{HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::response::Response;
use hexpress_domain::order::{IdempotencyKey, IdempotencyKeyError};
use hexpress_domain::validation::ValidationErrors;

use crate::error::ApiError;

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
pub(crate) const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What the client calls its wish, as sent
/// (draft-ietf-httpapi-idempotency-key-header, with a plain text for the key).
pub(crate) struct Idempotency(Vec<HeaderValue>);

impl Idempotency {
    /// The key, if there is one.
    pub(crate) fn key(&self) -> Result<Option<IdempotencyKey>, ApiError> {
        let fault = |text: String| ValidationErrors::of("Idempotency-Key", text);
        match self.0.as_slice() {
            [] => Ok(None),
            [key] => {
                let key = key.to_str().map_err(|_| IdempotencyKeyError);
                let key = key.and_then(str::parse);
                Ok(Some(key.map_err(|error| fault(error.to_string()))?))
            }
            _ => Err(fault("Must be sent once".to_owned()).into()),
        }
    }

    /// Says on an answer that it is the one that was given before.
    pub(crate) fn replayed(mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

impl<S: Sync> FromRequestParts<S> for Idempotency {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let keys = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        Ok(Self(keys.cloned().collect()))
    }
}
