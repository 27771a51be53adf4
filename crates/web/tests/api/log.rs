//! The one line that the log has for each request.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use serde_json::Value;
use tracing::instrument::WithSubscriber;
use tracing_subscriber::fmt;

use crate::support::{ADA, ADA_PATH, Call, Mocks, ada, call, get, token};

/// What a request leaves in the log, line by line.
async fn logged(call: Call) -> Vec<Value> {
    let (mut log, writer) = std::io::pipe().unwrap();
    let subscriber = fmt().json().with_writer(Arc::new(writer)).finish();
    let router = Mocks::knowing(ada()).router();
    let peer: SocketAddr = "192.0.2.1:1".parse().unwrap();
    let call = call.extension(ConnectInfo(peer));
    call.on(&router).with_subscriber(subscriber).await;
    let mut text = String::new();
    log.read_to_string(&mut text).unwrap();
    assert!(!text.contains(&token(ADA.unwrap())));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn a_request_leaves_one_line_that_says_who_asked_for_what() {
    const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let lines = logged(
        get(ADA_PATH)
            .by(ADA)
            .header("x-request-id", "r-1")
            .header("traceparent", &format!("00-{TRACE_ID}-00f067aa0ba902b7-01")),
    )
    .await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    let (line, span) = (&lines[0], &lines[0]["span"]);
    assert_eq!(line["fields"]["message"], "answered");
    assert_eq!(line["fields"]["status"], 200);
    assert!(line["fields"]["elapsed_us"].is_u64());
    assert_eq!(span["request_id"], "r-1");
    assert_eq!(span["trace_id"], TRACE_ID);
    assert_eq!(span["method"], "GET");
    assert_eq!(span["route"], "/api/users/{id}");
    assert_eq!(span["user_id"], "00000000-0000-0000-0000-000000000001");
}

#[tokio::test]
async fn what_is_not_known_is_left_out() {
    let lines = logged(get("/nope?secret=hunter2").header("traceparent", "junk")).await;
    let span = &lines[0]["span"];
    assert_eq!(span["route"], "unknown");
    assert!(span.get("user_id").is_none());
    assert!(span.get("trace_id").is_none());
    assert!(!lines[0].to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_method_that_was_made_up_is_not_logged_whole() {
    let lines = logged(call(&"M".repeat(33), "/nope")).await;
    assert_eq!(lines[0]["span"]["method"], "unknown");
    assert_eq!(lines[0]["fields"]["status"], 501);
    let lines = logged(call(&"M".repeat(32), "/nope")).await;
    assert_eq!(lines[0]["span"]["method"], "M".repeat(32));
}
