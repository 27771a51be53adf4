use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use crate::api::Api;
use crate::error::ApiError;

/// Marks a request beyond what is handled at once.
#[derive(Clone, Copy)]
struct Surplus;

/// Counts what is handled at once. It wraps all routes, so it sees requests before 404
/// and 405 are decided. It only marks a surplus request; [`refuse_surplus`] refuses it
/// after 404 and 405, as the contract's order of checks says.
pub(crate) async fn count(
    State(api): State<Arc<Api>>,
    mut request: Request,
    next: Next,
) -> Response {
    let permit = Arc::clone(&api.limits.capacity).try_acquire_owned();
    if permit.is_err() {
        request.extensions_mut().insert(Surplus);
    }
    let response = next.run(request).await;
    drop(permit);
    response
}

/// Refuses what [`count`] has marked.
pub(crate) fn refuse_surplus(parts: &Parts) -> Result<(), ApiError> {
    match parts.extensions.get::<Surplus>() {
        None => Ok(()),
        Some(Surplus) => Err(ApiError::Overloaded),
    }
}
