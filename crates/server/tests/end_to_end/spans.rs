//! Spans for OpenTelemetry, as a collector receives them.

use std::sync::mpsc;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use reqwest::Method;
use tokio::net::TcpListener;

use crate::support::{Kind, Server, TestDatabase, hexpress, send, stderr};

/// Whether a message of Protocol Buffers holds these bytes as a field of its own.
fn holds(message: &[u8], field: &[u8]) -> bool {
    let length = u8::try_from(field.len()).unwrap();
    let field: Vec<u8> = [&[length], field].concat();
    message.windows(field.len()).any(|window| window == field)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_a_span_of_the_trace_that_it_belongs_to() {
    let trace_id: [u8; 16] = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes();
    let parent_id: [u8; 8] = 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes();

    let (sender, received) = mpsc::channel();
    let collector = Router::new().route(
        "/v1/traces",
        post(async move |headers: HeaderMap, body: Bytes| {
            let kind = headers["content-type"].to_str().unwrap().to_owned();
            sender.send((kind, body)).unwrap();
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, collector).await.unwrap() });

    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("LOG_LEVEL", "off"),
    ];
    let server = Server::start(&database, &settings);
    let request = server.anonymous().request(Method::GET, "/api/users/7");
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let answer = send(request.header("traceparent", traceparent)).await;
    assert_eq!(answer.status, 400);
    // An orderly stop sends what is left.
    assert!(server.terminate().success());

    let messages: Vec<(String, Bytes)> = received.try_iter().collect();
    assert!(!messages.is_empty());
    assert!(
        messages
            .iter()
            .all(|(kind, _)| kind == "application/x-protobuf")
    );
    let span = messages
        .iter()
        .map(|(_, message)| message)
        .find(|message| holds(message, &trace_id));
    let span = span.expect("the span belongs to the trace");
    assert!(holds(span, &parent_id));
    for field in ["request", "hexpress", "GET", "/api/users/{id}"] {
        assert!(holds(span, field.as_bytes()), "{field}");
    }
}

#[test]
fn an_endpoint_that_cannot_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let refused = hexpress(folder.path())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "not an address")
        .output()
        .unwrap();
    let error = stderr(&refused);
    assert_eq!(refused.status.code(), Some(2), "{error}");
    assert!(error.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{error}");
}
