//! Section 1 of the contract: ids, tags, caching, CORS; and the health endpoints.

use hexpress_domain::health::StoreState;
use hexpress_domain::user::User;
use hexpress_web::CorsOrigins;
use serde_json::json;

use crate::support::{ADA, ADA_PATH, ADMIN, Mocks, ada, call, failure, get, patch};

#[tokio::test]
async fn every_response_carries_a_request_id() {
    let router = Mocks::default().router();
    let (longest, too_long) = ("x".repeat(128), "x".repeat(129));
    for (sent, kept) in [
        ("", false),
        ("abc-123_X.y", true),
        (&longest, true),
        (&too_long, false),
        ("a b", false),
        ("a/b", false),
    ] {
        for path in ["/api/health", "/nope"] {
            let answer = get(path).header("x-request-id", sent).on(&router).await;
            let expected = if kept { sent } else { "made-here" };
            assert_eq!(answer.header("x-request-id"), expected, "{sent}");
        }
    }
    let answer = get("/api/health").on(&router).await;
    assert_eq!(answer.header("x-request-id"), "made-here");
}

#[tokio::test]
async fn head_answers_like_get_without_the_body() {
    let router = Mocks::knowing(ada()).router();
    let get = get(ADA_PATH).on(&router).await;
    let head = call("HEAD", ADA_PATH).on(&router).await;
    assert_eq!((head.status, head.text.as_str()), (get.status, ""));
    for name in [
        "etag",
        "content-type",
        "content-length",
        "cache-control",
        "vary",
    ] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
}

#[tokio::test]
async fn a_tag_spares_a_repeated_answer() {
    let router = Mocks::knowing(ada()).router();
    let first = get(ADA_PATH).on(&router).await;
    let etag = first.header("etag").to_owned();
    for condition in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"x\", {etag}"),
        "*".to_owned(),
    ] {
        let answer = get(ADA_PATH)
            .header("if-none-match", &condition)
            .on(&router)
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.text.as_str()),
            (304, ""),
            "{condition}"
        );
        assert_eq!(answer.header("etag"), etag);
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert_eq!(answer.header("vary"), "Authorization, Accept-Encoding");
    }
    for condition in ["\"x\"", "junk"] {
        let answer = get(ADA_PATH)
            .header("if-none-match", condition)
            .on(&router)
            .await;
        assert_eq!(answer.status, 200, "{condition}");
    }
}

#[tokio::test]
async fn a_tag_is_of_what_it_shows_and_its_version_of_the_thing() {
    let router = Mocks::knowing(ada()).router();
    let public = get(ADA_PATH).on(&router).await;
    let full = get(ADA_PATH).by(ADA).on(&router).await;
    assert_ne!(public.header("etag"), full.header("etag"));
    let logged_in = Mocks::knowing(User {
        last_login_at: Some(ada().created_at),
        ..ada()
    });
    let later = get(ADA_PATH).by(ADA).on(&logged_in.router()).await;
    assert_ne!(later.header("etag"), full.header("etag"));

    // The tag of any projection serves a change.
    let router = Mocks::knowing(ada()).router();
    for etag in [
        public.header("etag"),
        later.header("etag"),
        "\"x\", \"3-0123456789abcdef\"",
    ] {
        let call = patch(ADA_PATH, json!({"firstName": "A"})).by(ADA);
        let answer = call.header("if-match", etag).on(&router).await;
        assert_eq!(answer.status, 200, "{etag}");
    }
}

#[tokio::test]
async fn a_change_on_condition_needs_the_version() {
    let router = Mocks::knowing(ada()).router();
    let with = async |tag: &str| {
        let call = patch(ADA_PATH, json!({"firstName": "A"})).by(ADA);
        call.header("if-match", tag).on(&router).await
    };
    assert_eq!(with("*").await.status, 200);
    for tag in [
        "\"2-0123456789abcdef\"",
        "W/\"3-0123456789abcdef\"",
        "\"x\"",
        "\"3\"",
    ] {
        let answer = with(tag).await;
        assert_eq!(
            answer.failure(),
            failure(412, "PRECONDITION_FAILED"),
            "{tag}"
        );
    }
    for tag in ["", "3", "\"3", "*, \"x\""] {
        let answer = with(tag).await;
        assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"), "{tag}");
        assert_eq!(answer.fields(), ["If-Match"]);
    }
    let lines = patch(ADA_PATH, json!({"firstName": "A"}))
        .by(ADA)
        .header("if-match", "\"x\"")
        .header("if-match", "\"3-0123456789abcdef\"");
    assert_eq!(lines.on(&router).await.status, 200);
}

#[tokio::test]
async fn a_deletion_on_condition_needs_the_version() {
    let router = Mocks::knowing(ada()).router();
    for (tag, expected) in [
        (
            "\"2-0123456789abcdef\"",
            failure(412, "PRECONDITION_FAILED"),
        ),
        ("junk", failure(400, "VALIDATION_ERROR")),
    ] {
        let call = call("DELETE", ADA_PATH).by(ADA).header("if-match", tag);
        assert_eq!(call.on(&router).await.failure(), expected, "{tag}");
    }
    let call = call("DELETE", ADA_PATH)
        .by(ADA)
        .header("if-match", "\"3-0123456789abcdef\"");
    assert_eq!(call.on(&router).await.status, 200);
}

#[tokio::test]
async fn caches_are_told_what_they_may_keep() {
    let router = Mocks::knowing(ada()).router();
    for (call, expected) in [
        (get(ADA_PATH), "no-cache"),
        (get(ADA_PATH).by(ADMIN), "private, no-store"),
        (
            get("/api/users/00000000-0000-0000-0000-000000000404"),
            "no-cache",
        ),
    ] {
        assert_eq!(call.on(&router).await.header("cache-control"), expected);
    }
}

#[tokio::test]
async fn any_page_may_call_unless_origins_are_listed() {
    let preflight = |origin: &str| {
        call("OPTIONS", ADA_PATH)
            .header("origin", origin)
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "authorization,if-match")
    };
    let router = Mocks::default().router();
    let answer = preflight("https://shop.example").on(&router).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    let allowed = answer.header("access-control-allow-headers").to_lowercase();
    for name in [
        "authorization",
        "content-type",
        "if-match",
        "if-none-match",
        "idempotency-key",
        "x-request-id",
    ] {
        assert!(allowed.contains(name), "{allowed}");
    }
    assert!(
        answer
            .header("access-control-allow-methods")
            .contains("PATCH")
    );

    let plain = get("/api/health")
        .header("origin", "https://shop.example")
        .on(&router)
        .await;
    let exposed = plain.header("access-control-expose-headers").to_lowercase();
    for name in [
        "etag",
        "location",
        "retry-after",
        "x-request-id",
        "ratelimit-policy",
    ] {
        assert!(exposed.contains(name), "{exposed}");
    }

    let mut mocks = Mocks::default();
    mocks.settings.cors_origins = CorsOrigins::List(vec!["https://shop.example".to_owned()]);
    let router = mocks.router();
    let allowed = preflight("https://shop.example").on(&router).await;
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert_eq!(
        allowed.header("vary"),
        "Authorization, Accept-Encoding, Origin"
    );
    let refused = preflight("https://evil.example").on(&router).await;
    assert_eq!(refused.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn health_touches_nothing_and_looks_at_no_token() {
    let router = Mocks::default().router();
    let answer = get("/api/health")
        .by(crate::support::STRANGER)
        .on(&router)
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({"status": "ok", "timestamp": "2023-11-14T22:13:20.120Z"})
    );
}

#[tokio::test]
async fn readiness_says_what_is_missing() {
    for (state, status, body) in [
        (
            StoreState::Ready,
            200,
            json!({"status": "ok", "checks": {"database": "ok", "migrations": "ok"}}),
        ),
        (
            StoreState::MigrationsPending,
            503,
            json!({"status": "unavailable", "checks": {"database": "ok", "migrations": "pending"}}),
        ),
        (
            StoreState::Unreachable,
            503,
            json!({"status": "unavailable", "checks": {"database": "unreachable", "migrations": "unknown"}}),
        ),
    ] {
        let mut mocks = Mocks::default();
        mocks.store.expect_state().return_const(state);
        let answer = get("/api/health/ready").on(&mocks.router()).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (status, body));
    }
}

#[tokio::test]
async fn an_instance_that_drains_is_not_ready() {
    let mut mocks = Mocks {
        draining: true,
        ..Mocks::default()
    };
    mocks.store.expect_state().return_const(StoreState::Ready);
    let router = mocks.router();
    let answer = get("/api/health/ready").on(&router).await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.json(),
        json!({"status": "draining", "checks": {"database": "ok", "migrations": "ok"}})
    );
    // It still lives.
    assert_eq!(get("/api/health").on(&router).await.status, 200);
}
