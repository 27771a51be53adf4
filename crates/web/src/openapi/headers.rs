//! The headers of answers, each described once, among the components.

use serde_json::{Value, json};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::response::Response;
use utoipa::openapi::{Header, Ref, RefOr};

use super::types::{one_of, text};

/// The headers that may be missing.
const OPTIONAL_HEADERS: [&str; 4] = [
    "Content-Encoding",
    "Idempotency-Replayed",
    "RateLimit",
    "RateLimit-Policy",
];

/// Says which headers are always there: utoipa cannot.
pub(super) fn require(document: &mut Value) {
    let headers = document.pointer_mut("/components/headers");
    let headers = headers.and_then(Value::as_object_mut);
    for (name, header) in headers.into_iter().flatten() {
        if let Some(header) = header.as_object_mut()
            && !OPTIONAL_HEADERS.contains(&name.as_str())
        {
            header.insert("required".to_owned(), json!(true));
        }
    }
}

/// Stands for a header among the components.
pub(super) fn reference(name: &str) -> RefOr<Header> {
    RefOr::Ref(Ref::new(format!("#/components/headers/{name}")))
}

/// Describes the headers of a response: those that it names, one more, and those that all have.
pub(super) fn add(response: &mut Response, more: Option<&str>, is_limited: bool) {
    let mut names: Vec<_> = response.headers.keys().cloned().collect();
    names.extend(more.map(str::to_owned));
    names.push("X-Request-Id".to_owned());
    if !response.content.is_empty() {
        names.push("Content-Encoding".to_owned());
    }
    if is_limited {
        names.extend(["RateLimit", "RateLimit-Policy"].map(str::to_owned));
    }
    for name in &names {
        response.headers.insert(name.clone(), reference(name));
    }
}

/// All headers, by name.
pub(super) fn all() -> [(&'static str, Header); 9] {
    let described = |text: &str, schema| {
        let header = HeaderBuilder::new().description(Some(text));
        header.schema(Some(schema)).build()
    };
    let seconds = utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::Type::Integer)
        .minimum(Some(1));
    [
        (
            "Content-Encoding",
            described(
                "For clients that accept one, where the answer is large enough",
                one_of(["br", "gzip", "zstd"]),
            ),
        ),
        (
            "ETag",
            described(
                "For `If-Match` and `If-None-Match`",
                text().pattern(Some("^\"([0-9]+-)?[0-9a-f]+\"$")),
            ),
        ),
        (
            "Idempotency-Replayed",
            described(
                "Where the answer is the one that an earlier request with the same key had",
                one_of(["true"]),
            ),
        ),
        ("Location", described("Where the thing is", text())),
        (
            "RateLimit",
            described(
                "Where requests are limited: how many remain, and in how many seconds there is more; of a 429 the same as `Retry-After`",
                text()
                    .pattern(Some("^\"default\";r=[0-9]+;t=[0-9]+$"))
                    .examples([json!("\"default\";r=599;t=1")]),
            ),
        ),
        (
            "RateLimit-Policy",
            described(
                "Where requests are limited: the quota of a client, and its window in seconds",
                text()
                    .pattern(Some("^\"default\";q=[0-9]+;w=[0-9]+$"))
                    .examples([json!("\"default\";q=600;w=60")]),
            ),
        ),
        (
            "Retry-After",
            described("How many seconds to wait before trying again", seconds),
        ),
        (
            "WWW-Authenticate",
            described(
                "How to prove who calls, and whether a token was refused",
                text().examples([json!("Bearer")]),
            ),
        ),
        (
            "X-Request-Id",
            described(
                "The request's name in the log: the client's own, or one that was made",
                text(),
            ),
        ),
    ]
}
