//! What browsers are told so that an answer does them no harm: the headers that
//! helmet 8 sets, without `upgrade-insecure-requests`, which would break a service
//! that is reached by plain HTTP.

use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_DNS_PREFETCH_CONTROL, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use axum::http::{HeaderMap, HeaderValue};

const HEADERS: [(HeaderName, &str); 11] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';\
         frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';\
         script-src-attr 'none';style-src 'self' https: 'unsafe-inline'",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (HeaderName::from_static("origin-agent-cluster"), "?1"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_DNS_PREFETCH_CONTROL, "off"),
    (HeaderName::from_static("x-download-options"), "noopen"),
    (X_FRAME_OPTIONS, "SAMEORIGIN"),
    (
        HeaderName::from_static("x-permitted-cross-domain-policies"),
        "none",
    ),
    // Browsers' own filters of that name made new holes.
    (X_XSS_PROTECTION, "0"),
];

/// A year, and every name below the host's.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// Adds them to an answer, but for those that its handler has set itself: a page may
/// need a content security policy of its own.
pub(crate) fn add(headers: &mut HeaderMap, https_only: bool) {
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if https_only {
        headers
            .entry(STRICT_TRANSPORT_SECURITY)
            .or_insert(HTTPS_ONLY);
    }
}
