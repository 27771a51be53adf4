//! The table of error codes, and the order in which checks answer.

use std::time::Duration;

use hexpress_domain::repository::RepositoryError;
use serde_json::json;

use crate::support::{
    ADA, ADA_PATH, ADMIN, Answer, Call, MODERATOR, Mocks, NOBODY, OTHER, STRANGER, ada, api_token,
    call, failure, get, never, patch, post, token_id,
};

const SECRET: &str = "relation \"users\" does not exist at /srv/app";

#[tokio::test]
async fn a_fault_of_ours_says_nothing_of_its_cause() {
    let mut mocks = Mocks::default();
    mocks
        .users
        .expect_find()
        .returning(|_, _| Err(RepositoryError::Internal(SECRET.into())));
    let answer = get(ADA_PATH).on(&mocks.router()).await;
    assert_eq!(answer.failure(), failure(500, "INTERNAL_ERROR"));
    assert_eq!(answer.message(), "Internal server error");
    assert!(!answer.text.contains("relation"));
}

#[tokio::test]
async fn a_store_out_of_reach_says_when_to_come_back() {
    let mut mocks = Mocks::default();
    mocks
        .users
        .expect_find()
        .returning(|_, _| Err(RepositoryError::Unavailable(SECRET.into())));
    let answer = get(ADA_PATH).on(&mocks.router()).await;
    assert_eq!(answer.failure(), failure(503, "UNAVAILABLE"));
    assert_eq!(answer.header("retry-after"), "1");
    assert!(!answer.text.contains("relation"));
}

/// A page may read the answer, and what its headers say.
fn assert_shown_to_pages(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let exposed = answer.header("access-control-expose-headers");
    assert!(exposed.contains("retry-after"), "{answer:?}");
    assert!(exposed.contains("x-request-id"), "{answer:?}");
}

#[tokio::test]
async fn a_panic_is_one_500() {
    let mut mocks = Mocks::default();
    mocks
        .users
        .expect_find()
        .returning(|_, _| panic!("{SECRET}"));
    let router = mocks.router();
    let answer = get(ADA_PATH).on(&router).await;
    assert_eq!(answer.failure(), failure(500, "INTERNAL_ERROR"));
    assert!(!answer.text.contains("relation"));
    assert_shown_to_pages(&answer);
    assert_eq!(get("/api/health").on(&router).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_unavailable() {
    let mut mocks = Mocks::default();
    mocks.settings.request_timeout = Duration::from_secs(5);
    let call = post("/api/auth/login", json!({})).stream(never());
    let begun = tokio::time::Instant::now();
    let answer = call.on(&mocks.router()).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(5));
    assert_eq!(answer.failure(), failure(503, "UNAVAILABLE"));
    assert_eq!(answer.header("retry-after"), "1");
    assert_shown_to_pages(&answer);
}

#[tokio::test]
async fn unknown_routes_and_methods_have_the_envelope() {
    let router = Mocks::default().router();
    let nope = get("/nope").on(&router).await;
    assert_eq!(nope.failure(), failure(404, "NOT_FOUND"));
    assert_eq!(nope.message(), "Route GET /nope not found");
    assert_eq!(nope.header("cache-control"), "no-cache");
    let put = call("PUT", ADA_PATH).on(&router).await;
    assert_eq!(put.failure(), failure(405, "METHOD_NOT_ALLOWED"));
    let mut allowed: Vec<_> = put.header("allow").split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["DELETE", "GET", "HEAD", "PATCH"]);
}

#[tokio::test]
async fn paths_are_named_as_the_client_sent_them_also_where_the_router_is_nested() {
    let plain = Mocks::default().router();
    let answer = get("/api/nope?x=1").on(&plain).await;
    assert_eq!(answer.message(), "Route GET /api/nope not found");

    let mut mocks = Mocks::default();
    mocks.settings.base_path = "/blog".to_owned();
    mocks
        .tokens
        .expect_insert_api_token()
        .returning(|record| Ok(api_token(record.id)));
    let nested = axum::Router::new().nest("/blog", mocks.router());
    for path in ["/blog/nope", "/blog/api/nope"] {
        let answer = get(path).on(&nested).await;
        assert_eq!(answer.failure(), failure(404, "NOT_FOUND"));
        assert_eq!(answer.message(), format!("Route GET {path} not found"));
    }
    let put = call("PUT", &format!("/blog{ADA_PATH}")).on(&nested).await;
    assert_eq!(put.failure(), failure(405, "METHOD_NOT_ALLOWED"));
    assert_eq!(put.header("allow"), "GET,HEAD,PATCH,DELETE");
    let created = post("/blog/api/auth/tokens", json!({"name": "deploy"}))
        .by(ADA)
        .on(&nested)
        .await;
    assert_eq!(created.status, 201);
    let location = format!("/blog/api/auth/tokens/{}", token_id(100));
    assert_eq!(created.header("location"), location);
}

/// A call that is wrong in all that stands behind the named check.
fn wrong(path: &str, method: &str) -> Call {
    call(method, path)
        .header("if-match", "junk")
        .body("text/plain", "junk")
}

#[tokio::test]
async fn the_first_check_that_applies_answers() {
    let router = Mocks::knowing(ada()).router();
    let bad_id = "/api/users/one?x=1";
    let nobody_there = "/api/users/00000000-0000-0000-0000-000000000404";
    let restore = "/api/users/one/restore?x=1";
    let good_body = json!({"firstName": "A"});
    let if_match = |call: Call, tag: &str| call.header("if-match", tag);
    let calls = [
        (
            "no route",
            wrong("/api/user", "PATCH").by(STRANGER),
            failure(404, "NOT_FOUND"),
        ),
        (
            "no method",
            wrong(bad_id, "PUT").by(STRANGER),
            failure(405, "METHOD_NOT_ALLOWED"),
        ),
        (
            "bad token",
            wrong(bad_id, "PATCH").by(STRANGER),
            failure(401, "UNAUTHENTICATED"),
        ),
        (
            "no token",
            wrong(bad_id, "PATCH").by(NOBODY),
            failure(401, "UNAUTHENTICATED"),
        ),
        (
            "role",
            wrong(restore, "POST").by(MODERATOR),
            failure(403, "FORBIDDEN"),
        ),
        (
            "path",
            wrong(bad_id, "PATCH").by(ADA),
            failure(400, "VALIDATION_ERROR"),
        ),
        (
            "query",
            wrong(&format!("{ADA_PATH}?x=1"), "PATCH").by(ADA),
            failure(400, "VALIDATION_ERROR"),
        ),
        (
            "header",
            wrong(ADA_PATH, "PATCH").by(ADA),
            failure(400, "VALIDATION_ERROR"),
        ),
        (
            "size",
            call("PATCH", ADA_PATH)
                .body("text/plain", &"x".repeat(70_000))
                .by(ADA),
            failure(413, "PAYLOAD_TOO_LARGE"),
        ),
        (
            "format",
            call("PATCH", ADA_PATH).body("text/plain", "junk").by(ADA),
            failure(415, "UNSUPPORTED_MEDIA_TYPE"),
        ),
        (
            "body",
            if_match(patch(nobody_there, json!({"role": 5})), "\"1-x\"").by(OTHER),
            failure(400, "VALIDATION_ERROR"),
        ),
        (
            "invisible",
            if_match(patch(nobody_there, good_body.clone()), "\"1-x\"").by(OTHER),
            failure(404, "NOT_FOUND"),
        ),
        (
            "forbidden",
            if_match(patch(ADA_PATH, good_body.clone()), "\"1-x\"").by(OTHER),
            failure(403, "FORBIDDEN"),
        ),
        (
            "precondition",
            if_match(call("POST", &format!("{ADA_PATH}/restore")), "\"1-x\"").by(ADMIN),
            failure(412, "PRECONDITION_FAILED"),
        ),
        (
            "state",
            call("POST", &format!("{ADA_PATH}/restore")).by(ADMIN),
            failure(409, "INVALID_STATE"),
        ),
    ];
    for (check, call, expected) in calls {
        assert_eq!(call.on(&router).await.failure(), expected, "{check}");
    }
}

#[tokio::test]
async fn path_query_header_and_body_are_looked_at_in_this_order() {
    let router = Mocks::default().router();
    for (path, condition, field) in [
        ("/api/users/one?x=1", "junk", "id"),
        (&format!("{ADA_PATH}?x=1"), "junk", "x"),
        (ADA_PATH, "junk", "If-Match"),
        (ADA_PATH, "*", "nick"),
    ] {
        let call = patch(path, json!({"nick": "A"})).by(ADA);
        let answer = call.header("if-match", condition).on(&router).await;
        assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"), "{path}");
        assert_eq!(answer.fields(), [field], "{path}");
    }
}

#[tokio::test]
async fn query_parameters_that_nobody_may_send_are_named_on_every_route() {
    let router = Mocks::default().router();
    let restore = format!("{ADA_PATH}/restore");
    let token = format!("/api/auth/tokens/{}", token_id(7));
    for (method, path) in [
        ("POST", "/api/auth/login"),
        ("POST", "/api/auth/logout"),
        ("GET", "/api/auth/me"),
        ("HEAD", "/api/auth/me"),
        ("GET", "/api/auth/tokens"),
        ("POST", "/api/auth/tokens"),
        ("DELETE", &token),
        ("GET", "/api/users"),
        ("POST", "/api/users"),
        ("GET", ADA_PATH),
        ("PATCH", ADA_PATH),
        ("DELETE", ADA_PATH),
        ("POST", &restore),
        ("GET", "/api/health"),
        ("GET", "/api/health/ready"),
    ] {
        for (query, fields) in [
            ("colour=red&dry+run", vec!["colour", "dry run"]),
            ("page=2&page=3", vec!["page"]),
            ("x=%FF", vec!["query"]),
        ] {
            let call = call(method, &format!("{path}?{query}")).by(ADMIN);
            let answer = call.body("text/plain", "junk").on(&router).await;
            assert_eq!(answer.status, 400, "{method} {path}?{query}");
            if method != "HEAD" {
                assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
                assert_eq!(answer.fields(), fields, "{method} {path}");
            }
        }
    }
    // An empty query names nothing.
    assert_eq!(get("/api/health?&").on(&router).await.status, 200);
}

#[tokio::test]
async fn what_a_client_makes_up_is_not_repeated_whole() {
    let router = Mocks::default().router();
    let method = "M".repeat(60_000);
    for path in [ADA_PATH, "/nope"] {
        let answer = call(&method, path).on(&router).await;
        assert_eq!(answer.failure(), failure(501, "NOT_IMPLEMENTED"));
        assert_eq!(
            answer.message(),
            "Methods of more than 32 characters are not known"
        );
    }
    let path = format!("/{}", "p".repeat(10_000));
    let answer = get(&path).on(&router).await;
    assert_eq!(answer.failure(), failure(404, "NOT_FOUND"));
    let shown = "p".repeat(99);
    assert_eq!(answer.message(), format!("Route GET /{shown}… not found"));
}
