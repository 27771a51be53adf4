//! What is counted of requests.

use futures_util::FutureExt;
use hexpress_web::HttpMetrics;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::registry::Registry;
use serde_json::json;

use crate::support::{ADA_PATH, Mocks, ada, call, get, never, post};

fn read(metrics: &HttpMetrics) -> String {
    let mut registry = Registry::default();
    metrics.register(&mut registry);
    let mut text = String::new();
    prometheus_text::encode(&mut text, &registry).unwrap();
    text
}

fn assert_counts(metrics: &HttpMetrics, lines: &[&str]) {
    let text = read(metrics);
    for line in lines {
        assert!(text.lines().any(|other| other == *line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_method_route_and_status() {
    let mocks = Mocks::knowing(ada());
    let metrics = mocks.metrics.clone();
    let router = mocks.router();
    for call in [
        get(ADA_PATH),
        get(ADA_PATH),
        get("/api/users/7"),
        get("/made/up/1"),
        get("/made/up/2"),
        call("BREW", "/made/up/3"),
        call("PUT", ADA_PATH),
    ] {
        call.on(&router).await;
    }
    assert_counts(
        &metrics,
        &[
            r#"http_requests_total{method="GET",route="/api/users/{id}",status="200"} 2"#,
            r#"http_requests_total{method="GET",route="/api/users/{id}",status="400"} 1"#,
            r#"http_requests_total{method="GET",route="unknown",status="404"} 2"#,
            r#"http_requests_total{method="other",route="unknown",status="404"} 1"#,
            r#"http_requests_total{method="PUT",route="/api/users/{id}",status="405"} 1"#,
            r#"http_request_duration_seconds_count{method="GET",route="/api/users/{id}"} 3"#,
            r#"http_request_duration_seconds_bucket{method="GET",route="/api/users/{id}",le="+Inf"} 3"#,
            "http_requests_in_flight 0",
        ],
    );
}

#[tokio::test]
async fn a_request_that_is_given_up_is_in_flight_no_longer() {
    let mocks = Mocks::default();
    let metrics = mocks.metrics.clone();
    let router = mocks.router();
    let mut slow = Box::pin(
        call("POST", "/api/users")
            .header("content-type", "application/json")
            .stream(never())
            .on(&router),
    );
    assert!(slow.as_mut().now_or_never().is_none());
    assert_counts(&metrics, &["http_requests_in_flight 1"]);
    drop(slow);
    assert_counts(&metrics, &["http_requests_in_flight 0"]);
}

#[tokio::test]
async fn limits_are_counted_by_name() {
    let mut mocks = Mocks::knowing(ada());
    mocks.limits.requests_per_minute = 1;
    let metrics = mocks.metrics.clone();
    let router = mocks.router();
    for _ in 0..3 {
        get(ADA_PATH).on(&router).await;
    }
    assert_counts(&metrics, &[r#"limits_hit_total{limit="requests"} 2"#]);

    let mut mocks = Mocks::default();
    mocks.limits.concurrent_requests = 0;
    mocks.metrics = metrics.clone();
    post("/api/auth/login", json!({})).on(&mocks.router()).await;
    assert_counts(
        &metrics,
        &[r#"limits_hit_total{limit="concurrent_requests"} 1"#],
    );
}
