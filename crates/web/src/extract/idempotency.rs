use axum::http::HeaderMap;
use axum::http::header::{HeaderName, HeaderValue};
use axum::response::Response;
use hexpress_domain::order::{IdempotencyKey, IdempotencyKeyError};
use hexpress_domain::validation::ValidationErrors;

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
pub(crate) const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The client's idempotency key, if it sent one
/// (draft-ietf-httpapi-idempotency-key-header, with a plain text for the key).
pub(super) fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ValidationErrors> {
    let fault = |text: String| ValidationErrors::of("Idempotency-Key", text);
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => {
            let key = key.to_str().map_err(|_| IdempotencyKeyError);
            let key = key.and_then(str::parse);
            key.map(Some).map_err(|error| fault(error.to_string()))
        }
        _ => Err(fault("Must be sent once".to_owned())),
    }
}

/// Says on an answer that it is the one that was given before.
pub(crate) fn replayed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    response
}
