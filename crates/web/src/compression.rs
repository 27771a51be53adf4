//! Content coding: gzip, br and zstd, for clients that ask.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// Bodies up to this size are sent as they are: one packet holds them either way.
const SMALL: u64 = 1024;

/// The codings of answers, the best first.
pub(crate) const CODINGS: [&str; 3] = ["br", "zstd", "gzip"];

/// Compresses what is worth it. Tags of answers stay strong: by the contract they
/// stand for the thing, whatever its coding.
pub(crate) fn layer() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new().compress_when(SizeAbove::new(SMALL).and(NotForContentType::IMAGES))
}

/// Compresses bytes that are always the same, for whoever keeps them. `None` where that is
/// not worth it.
pub(crate) async fn compressed(
    bytes: &Bytes,
    content_type: &'static str,
    coding: &'static str,
) -> Option<Bytes> {
    let whole = service_fn(async |_: Request| {
        let mut response = Response::new(Body::from(bytes.clone()));
        let content_type = HeaderValue::from_static(content_type);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        Ok::<_, Infallible>(response)
    });
    let mut request = Request::new(Body::empty());
    let coding = HeaderValue::from_static(coding);
    request.headers_mut().insert(ACCEPT_ENCODING, coding);
    let Ok(response) = layer().layer(whole).oneshot(request).await;
    let coded = response.into_body().collect().await.ok()?.to_bytes();
    (coded.len() < bytes.len()).then_some(coded)
}

/// The place among [`CODINGS`] of the one that a client likes best, if it takes any.
pub(crate) fn preferred(headers: &HeaderMap) -> Option<usize> {
    let accepted: Vec<_> = accepted(headers).collect();
    let weight = |coding: &str| {
        let named = |name: &str| {
            let found = accepted
                .iter()
                .find(|(other, _)| other.eq_ignore_ascii_case(name));
            found.map(|(_, weight)| *weight)
        };
        named(coding).or_else(|| named("*")).unwrap_or(0.0)
    };
    let mut best = None;
    for (place, coding) in CODINGS.into_iter().enumerate() {
        let weight = weight(coding);
        if weight > best.map_or(0.0, |(_, other)| other) {
            best = Some((place, weight));
        }
    }
    best.map(|(place, _)| place)
}

/// Overlooks a client's refusal of an answer without coding. [`layer`] would make a 406
/// of it when the request has been carried out already.
pub(crate) async fn lenient(mut request: Request, next: Next) -> Response {
    let is_refusal = |(name, weight): &(&str, f32)| {
        *weight == 0.0 && (*name == "*" || name.eq_ignore_ascii_case("identity"))
    };
    let headers = request.headers_mut();
    if accepted(headers).any(|coding| is_refusal(&coding)) {
        let others = accepted(headers).filter(|coding| !is_refusal(coding));
        let others: Vec<_> = others
            .map(|(name, weight)| format!("{name};q={weight}"))
            .collect();
        headers.remove(ACCEPT_ENCODING);
        if let Ok(others) = HeaderValue::from_str(&others.join(", ")) {
            headers.insert(ACCEPT_ENCODING, others);
        }
    }
    next.run(request).await
}

/// What a client accepts, with weights (RFC 9110, section 12.5.3).
fn accepted(headers: &HeaderMap) -> impl Iterator<Item = (&str, f32)> {
    let lines = headers.get_all(ACCEPT_ENCODING).iter();
    let codings = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    codings.map(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|parameter| {
            let weight = parameter.strip_prefix(['q', 'Q']).map(str::trim_start);
            weight?.strip_prefix('=')?.trim().parse().ok()
        });
        (name, weight.unwrap_or(1.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferred_of(accept: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, accept.parse().unwrap());
        preferred(&headers).map(|place| CODINGS[place])
    }

    #[test]
    fn the_heaviest_coding_is_preferred_and_the_smallest_of_equals() {
        for (accept, coding) in [
            ("gzip", Some("gzip")),
            ("gzip, deflate, br, zstd", Some("br")),
            ("GZIP;q=1, br;q=0.5", Some("gzip")),
            ("*", Some("br")),
            ("br;q=0, *;q=0.1", Some("zstd")),
            ("identity", None),
            ("gzip;q=0", None),
            ("deflate", None),
            ("", None),
        ] {
            assert_eq!(preferred_of(accept), coding, "{accept}");
        }
    }
}
