//! What happens around every request: its id, its span, the headers that every
//! answer carries, and within those its time limit.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderName, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hexpress_domain::user::UserId;
use tokio::time::{Instant, timeout};
use tracing::field::{Empty, display};
use tracing::{Instrument, Span, info, info_span};

use crate::api::{Api, CorsOrigins};
use crate::error::{ApiError, MAX_METHOD_LENGTH};
use crate::extract::Address;
use crate::http_rules;
use crate::limits::QuotaSlot;
use crate::security_headers;
use crate::trace_context::trace_id;

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that a client may give its request, in characters.
const MAX_REQUEST_ID_LENGTH: usize = 128;

/// The outermost layer.
pub(crate) async fn around(
    State(api): State<Arc<Api>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = request_id(request.headers()).unwrap_or_else(|| (api.settings.request_id)());
    let method = Some(request.method()).filter(|method| method.as_str().len() <= MAX_METHOD_LENGTH);
    let method = method.cloned();
    let has_token = request.headers().contains_key(AUTHORIZATION);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    let trace_id = trace_id(request.headers());
    let span = info_span!(
        "request",
        request_id = id,
        trace_id,
        method = method.as_ref().map_or("unknown", Method::as_str),
        route,
        user_id = Empty
    );
    let in_flight = api.metrics.begin();
    let quota = QuotaSlot::default();
    request.extensions_mut().insert(quota.clone());
    async move {
        let begun = Instant::now();
        let mut response = match http_rules::check(&request) {
            Ok(()) => next.run(request).await,
            Err(error) => error.into_response(),
        };
        if let Some(error) = response.extensions_mut().remove::<Arc<ApiError>>() {
            if let Some(limit) = error.limit() {
                api.metrics.limit_hit(limit);
            }
            let written_before = std::mem::take(response.headers_mut());
            response = error.render(&id);
            for (name, value) in &written_before {
                response
                    .headers_mut()
                    .entry(name)
                    .or_insert_with(|| value.clone());
            }
        }
        let is_read = method
            .as_ref()
            .is_some_and(|method| [Method::GET, Method::HEAD].contains(method));
        add_headers(&mut response, &api, is_read, &id, has_token);
        if let Some(quota) = quota.get() {
            quota.write(response.headers_mut());
        }
        let (status, elapsed) = (response.status(), begun.elapsed());
        api.metrics
            .answered(method.as_ref(), route, status, elapsed);
        drop(in_flight);
        info!(
            status = status.as_u16(),
            elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            "answered"
        );
        response
    }
    .instrument(span)
    .await
}

/// Names the user in every line of the log that belongs to the request from here on.
pub(crate) fn record_user(id: UserId) {
    Span::current().record("user_id", display(id));
}

/// Ends what takes too long, and counts long answers. It lies within CORS, so that a page may
/// read of either.
pub(crate) async fn bounded(
    State(api): State<Arc<Api>>,
    Address(address): Address,
    request: Request,
    next: Next,
) -> Response {
    match timeout(api.settings.request_timeout, next.run(request)).await {
        Ok(response) => api.limits.hold(response, address).into_response(),
        Err(_) => ApiError::TookTooLong.into_response(),
    }
}

/// The client's own id, where it is one that can be written into a log.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(X_REQUEST_ID)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    ((1..=MAX_REQUEST_ID_LENGTH).contains(&id.len()) && id.bytes().all(is_plain))
        .then(|| id.to_owned())
}

fn add_headers(response: &mut Response, api: &Api, is_read: bool, id: &str, has_token: bool) {
    let is_revalidated = [StatusCode::NOT_FOUND, StatusCode::PERMANENT_REDIRECT];
    let cache_control = if has_token {
        "private, no-store"
    } else if is_read || is_revalidated.contains(&response.status()) {
        "no-cache"
    } else {
        "no-store"
    };
    let vary = match api.settings.cors_origins {
        CorsOrigins::Any => "Authorization, Accept-Encoding",
        CorsOrigins::List(_) => "Authorization, Accept-Encoding, Origin",
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
    headers.insert(VARY, HeaderValue::from_static(vary));
    security_headers::add(headers, api.settings.strict_transport_security);
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(X_REQUEST_ID, id);
    }
}

/// A panic in one handler is one 500.
pub(crate) fn after_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    ApiError::Panicked(message.to_owned()).into_response()
}
