//! What answers carry for browsers, and in which coding they come.

use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use hexpress_domain::list::Page;
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::support::{ADA_PATH, ADMIN, Mocks, ada, get, token};

#[tokio::test]
async fn every_answer_keeps_browsers_from_harm() {
    let router = Mocks::knowing(ada()).router();
    for path in [ADA_PATH, "/api/health", "/api/users/7", "/nope"] {
        let answer = get(path).on(&router).await;
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("origin-agent-cluster", "?1"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", ""),
            ("x-content-type-options", "nosniff"),
            ("x-dns-prefetch-control", "off"),
            ("x-download-options", "noopen"),
            ("x-frame-options", "SAMEORIGIN"),
            ("x-permitted-cross-domain-policies", "none"),
            ("x-xss-protection", "0"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert!(!policy.contains("upgrade-insecure-requests"), "{policy}");
    }
}

#[tokio::test]
async fn in_production_browsers_are_told_to_use_https_only() {
    let mut mocks = Mocks::default();
    mocks.settings.strict_transport_security = true;
    let answer = get("/api/health").on(&mocks.router()).await;
    assert_eq!(
        answer.header("strict-transport-security"),
        "max-age=31536000; includeSubDomains"
    );
}

/// A list that is worth compressing, as it comes over the wire.
async fn list(accept: &str) -> (Response<()>, Bytes) {
    let mut mocks = Mocks::default();
    mocks.users.expect_list().returning(|_| {
        Ok(Page {
            items: vec![ada(); 10],
            total: None,
            next: None,
        })
    });
    let request = Request::get("/api/users?count=none")
        .header("host", "localhost")
        .header("authorization", format!("Bearer {}", token(ADMIN.unwrap())))
        .header("accept-encoding", accept);
    let request = request.body(Body::empty()).unwrap();
    let response = mocks.router().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(parts, ()), bytes)
}

#[tokio::test]
async fn clients_that_ask_get_it_compressed() {
    for (accept, coding, magic) in [
        ("gzip", Some("gzip"), &[0x1f, 0x8b][..]),
        ("zstd", Some("zstd"), &[0x28, 0xb5, 0x2f, 0xfd]),
        ("br;q=1, gzip;q=0.5", Some("br"), &[]),
        ("gzip;q=0", None, b"{"),
        ("deflate", None, b"{"),
        ("", None, b"{"),
        ("identity", None, b"{"),
        // Refusing what there is makes no 406 of what was carried out.
        ("identity;q=0", None, b"{"),
        ("*;q=0.0", None, b"{"),
        ("gzip, identity;q=0", Some("gzip"), &[0x1f, 0x8b]),
        ("gzip;q=0, *;q=0", None, b"{"),
    ] {
        let (response, bytes) = list(accept).await;
        assert_eq!(response.status(), StatusCode::OK, "{accept}");
        let headers = response.headers();
        let found = headers.get("content-encoding");
        let found = found.map(|value| value.to_str().unwrap());
        assert_eq!(found, coding, "{accept}");
        assert!(bytes.starts_with(magic), "{accept}: {bytes:?}");
        assert_eq!(headers["vary"], "Authorization, Accept-Encoding");
        if coding.is_some() {
            assert!(bytes.len() < 1500, "{accept}: {}", bytes.len());
        }
    }
}

#[tokio::test]
async fn small_answers_come_as_they_are_and_tags_stay_strong() {
    let router = Mocks::knowing(ada()).router();
    let plain = get(ADA_PATH).on(&router).await;
    let asked = get(ADA_PATH).header("accept-encoding", "gzip");
    let asked = asked.on(&router).await;
    assert_eq!(asked.header("content-encoding"), "");
    assert_eq!(asked.text, plain.text);
    assert_eq!(asked.header("etag"), plain.header("etag"));
    assert!(asked.header("etag").starts_with('"'));
}
