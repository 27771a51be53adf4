//! Content coding: gzip, br and zstd, for clients that ask.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use axum::middleware::Next;
use axum::response::Response;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// Bodies up to this size are sent as they are: one packet holds them either way.
const SMALL: u64 = 1024;

/// Compresses what is worth it. Tags of answers stay strong: by the contract they
/// stand for the thing, whatever its coding.
pub(crate) fn layer() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new().compress_when(SizeAbove::new(SMALL).and(NotForContentType::IMAGES))
}

/// Overlooks a client's refusal of an answer without coding. [`layer`] would make a 406
/// of it when the request has been carried out already.
pub(crate) async fn lenient(mut request: Request, next: Next) -> Response {
    if refuses_identity(request.headers()) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    next.run(request).await
}

/// Whether it says `identity;q=0` or `*;q=0` (RFC 9110, section 12.5.3).
fn refuses_identity(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter();
    let mut codings = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    codings.any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let is_refused = parts.any(|parameter| {
            let weight = parameter.strip_prefix(['q', 'Q']).map(str::trim_start);
            let weight = weight.and_then(|rest| rest.strip_prefix('='));
            weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0))
        });
        is_refused && (name == "*" || name.eq_ignore_ascii_case("identity"))
    })
}
