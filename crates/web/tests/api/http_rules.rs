//! What HTTP/1.1 asks of a server, whatever the route.

use axum::Router;
use axum::http::{Request, Version};
use serde_json::json;
use tower::ServiceExt;

use crate::support::{ADA, ADA_PATH, Mocks, ada, call, failure, get, patch, post};

const STRONG: &str = "\"3-0123456789abcdef\"";
const OLD: &str = "\"2-0123456789abcdef\"";

#[tokio::test]
async fn a_request_names_one_host() {
    let router = Mocks::default().router();
    let bad = [&[][..], &["a", "a"], &["a b"], &[""], &["user@a"], &["a:x"]];
    for hosts in bad.into_iter().chain([&["a"][..]]) {
        for (version, path) in [
            (Version::HTTP_11, "/api/health"),
            (Version::HTTP_11, "/nope"),
            (Version::HTTP_10, "/api/health"),
        ] {
            let mut request = Request::get(path).version(version);
            for host in hosts {
                request = request.header("host", *host);
            }
            let request = request.body(axum::body::Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let may_be_none = hosts.is_empty() && version == Version::HTTP_10;
            let expected = match hosts {
                ["a"] if path == "/nope" => 404,
                ["a"] => 200,
                _ if may_be_none => 200,
                _ => 400,
            };
            assert_eq!(response.status(), expected, "{hosts:?} {path}");
            assert!(response.headers().contains_key("x-request-id"));
        }
    }
    let two = get("/api/health").header("host", "other").on(&router).await;
    assert_eq!(two.failure(), failure(400, "VALIDATION_ERROR"));
    assert_eq!(two.fields(), ["Host"]);
}

#[tokio::test]
async fn bodies_are_neither_encoded_nor_transferred_in_unknown_ways() {
    let router = Mocks::default().router();
    let login = || post("/api/auth/login", json!({}));
    for coding in ["gzip", "br", "identity, gzip", ""] {
        let answer = login().header("content-encoding", coding).on(&router).await;
        assert_eq!(
            answer.failure(),
            failure(415, "UNSUPPORTED_MEDIA_TYPE"),
            "{coding}"
        );
        assert_eq!(answer.header("accept-encoding"), "identity");
    }
    let plain = login()
        .header("content-encoding", "Identity")
        .on(&router)
        .await;
    assert_eq!(plain.status, 400);
    // Without `chunked` at the end nobody knows where the body ends: the HTTP library refuses it.
    for coding in ["gzip, chunked", "chunked, chunked"] {
        let answer = login()
            .header("transfer-encoding", coding)
            .on(&router)
            .await;
        assert_eq!(
            answer.failure(),
            failure(501, "NOT_IMPLEMENTED"),
            "{coding}"
        );
    }
    let chunked = login()
        .header("transfer-encoding", "Chunked")
        .on(&router)
        .await;
    assert_eq!(chunked.status, 400);
}

#[tokio::test]
async fn a_known_path_with_a_slash_behind_it_leads_to_the_one_without() {
    let router = Mocks::default().router();
    for method in ["GET", "POST", "PUT"] {
        for path in ["/api/posts", ADA_PATH, "/docs", "/api/health"] {
            let answer = call(method, &format!("{path}/?limit=x")).on(&router).await;
            assert_eq!(answer.status, 308, "{method} {path}");
            assert_eq!(answer.header("location"), format!("{path}?limit=x"));
            assert_eq!(answer.header("cache-control"), "no-cache");
            assert_eq!(answer.data(), json!({"path": path}));
        }
    }
    for path in ["/nope/", "/api/", "//evil.example/"] {
        let answer = get(path).on(&router).await;
        assert_eq!(answer.failure(), failure(404, "NOT_FOUND"), "{path}");
    }
    let mut mocks = Mocks::default();
    mocks.settings.base_path = "/blog".to_owned();
    let nested = Router::new().nest("/blog", mocks.router());
    let answer = get("/blog/api/posts/").on(&nested).await;
    assert_eq!(answer.header("location"), "/blog/api/posts");
}

#[tokio::test]
async fn connect_is_told_what_it_asked_for() {
    let router = Mocks::default().router();
    let request = Request::connect("example.org:443").header("host", "example.org:443");
    let request = request.body(axum::body::Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 404);
    let body = axum::body::to_bytes(response.into_body(), 10_000)
        .await
        .unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(
        body.contains("Route CONNECT example.org:443 not found"),
        "{body}"
    );
}

#[tokio::test]
async fn reads_and_writes_have_both_preconditions() {
    let router = Mocks::knowing(ada()).router();
    let read = async |name, tag: &str| get(ADA_PATH).header(name, tag).on(&router).await;
    for tag in [STRONG, "*"] {
        assert_eq!(read("if-match", tag).await.status, 200, "{tag}");
    }
    assert_eq!(
        read("if-match", OLD).await.failure(),
        failure(412, "PRECONDITION_FAILED")
    );
    assert_eq!(
        read("if-match", "junk").await.failure(),
        failure(400, "VALIDATION_ERROR")
    );

    let write = async |name, tag: &str| {
        let call = patch(ADA_PATH, json!({"firstName": "A"})).by(ADA);
        call.header(name, tag).on(&router).await
    };
    for tag in [STRONG, "W/\"3-0123456789abcdef\"", "*"] {
        let answer = write("if-none-match", tag).await;
        assert_eq!(
            answer.failure(),
            failure(412, "PRECONDITION_FAILED"),
            "{tag}"
        );
    }
    assert_eq!(write("if-none-match", OLD).await.status, 200);
}

#[tokio::test]
async fn a_tag_that_was_made_weak_on_its_way_is_named_as_such() {
    let router = Mocks::knowing(ada()).router();
    let message = "If-Match needs the strong tag; something on the way has made it weak \
                   (compression of a proxy?)";
    let with = async |tag: String| {
        let call = patch(ADA_PATH, json!({"firstName": "A"})).by(ADA);
        let written = call.header("if-match", &tag).on(&router).await;
        let read = get(ADA_PATH).header("if-match", &tag).on(&router).await;
        for answer in [&written, &read] {
            assert_eq!(answer.failure(), failure(412, "PRECONDITION_FAILED"));
        }
        assert_eq!(written.message(), read.message());
        read.message()
    };
    assert_eq!(with(format!("W/{STRONG}")).await, message);
    assert_ne!(with(format!("W/{OLD}")).await, message);
}
