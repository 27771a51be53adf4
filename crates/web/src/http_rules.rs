//! Rules of HTTP/1.1 that the library leaves to us: bounded method names, known transfer
//! codings, one `Host`.

use axum::extract::Request;
use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Version};

use crate::error::{ApiError, MAX_METHOD_LENGTH};

/// Refuses what no route should see.
pub(crate) fn check(request: &Request) -> Result<(), ApiError> {
    if request.method().as_str().len() > MAX_METHOD_LENGTH {
        return Err(ApiError::UnknownMethod);
    }
    let mut codings = request.headers().get_all(TRANSFER_ENCODING).iter();
    if codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return Err(ApiError::UnknownCoding);
    }
    if !has_good_host(request) {
        return Err(ApiError::BadHost);
    }
    Ok(())
}

/// RFC 9112, section 3.2. HTTP/1.0 knows no `Host`, and clients send one all the same.
fn has_good_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => is_host(host),
        (Some(_), Some(_)) => false,
    }
}

/// Whether it is a host, with or without a port.
fn is_host(value: &HeaderValue) -> bool {
    let authority = value
        .to_str()
        .ok()
        .and_then(|text| text.parse::<Authority>().ok());
    authority.is_some_and(|authority| {
        let host = authority.host();
        let port = authority.as_str().strip_prefix(host);
        let is_port = |port: &str| {
            let digits = port.strip_prefix(':');
            port.is_empty()
                || digits.is_some_and(|digits| digits.is_empty() || digits.parse::<u16>().is_ok())
        };
        !host.is_empty() && port.is_some_and(is_port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for (host, is_one) in [
            ("example.org", true),
            ("example.org:8080", true),
            ("example.org:", true),
            ("127.0.0.1:3000", true),
            ("[::1]:3000", true),
            ("a_b", true),
            ("", false),
            (":80", false),
            ("a b", false),
            ("a/b", false),
            ("user@example.org", false),
            ("example.org:port", false),
            ("example.org:65536", false),
        ] {
            assert_eq!(is_host(&host.parse().unwrap()), is_one, "{host}");
        }
    }
}
