//! How bodies are read, and refused.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use futures_util::stream;
use serde_json::json;

use crate::support::{ADA, ADA_PATH, ADMIN, Answer, Call, Mocks, ada, call, failure, never};

async fn refused(call: Call) -> Answer {
    call.on(&Mocks::default().router()).await
}

fn login() -> Call {
    call("POST", "/api/auth/login")
}

#[tokio::test]
async fn what_is_no_json_is_invalid() {
    for body in [
        "",
        "{",
        "{}{}",
        r#"{"email":"a@example.org","email":"b@example.org"}"#,
        r#"{"email":"\ud800"}"#,
        r#"{"email":{"a":1,"a":2}}"#,
    ] {
        let answer = refused(login().body("application/json", body)).await;
        assert_eq!(answer.failure(), failure(400, "INVALID_JSON"), "{body}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_passed_over() {
    for (content_type, body) in [
        ("application/json", "{}"),
        ("application/x-www-form-urlencoded", "email=&password="),
    ] {
        let plain = refused(login().body(content_type, body)).await;
        assert_eq!(plain.failure(), failure(400, "VALIDATION_ERROR"));
        let marked = format!("\u{feff}{body}");
        let answer = refused(login().body(content_type, &marked)).await;
        assert_eq!(answer.details(), plain.details());
    }
    for body in ["\u{feff}", "\u{feff}\u{feff}{}", "{}\u{feff}"] {
        let answer = refused(login().body("application/json", body)).await;
        assert_eq!(answer.failure(), failure(400, "INVALID_JSON"), "{body}");
    }
}

#[tokio::test]
async fn the_json_of_a_patch_may_be_called_a_merge_patch() {
    const MERGE_PATCH: &str = "application/merge-patch+json";
    let router = Mocks::knowing(ada()).router();
    let change = call("PATCH", ADA_PATH).by(ADA);
    let changed = change.body(MERGE_PATCH, r#"{"firstName":"A"}"#);
    assert_eq!(changed.on(&router).await.status, 200);
    let answer = refused(login().body(MERGE_PATCH, "{}")).await;
    assert_eq!(answer.failure(), failure(415, "UNSUPPORTED_MEDIA_TYPE"));
}

#[tokio::test]
async fn json_of_another_type_breaks_a_rule() {
    for body in ["[]", "5", "null", "\"text\""] {
        let answer = refused(login().body("application/json", body)).await;
        assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"), "{body}");
    }
}

#[tokio::test]
async fn other_formats_are_not_supported() {
    let without = refused(login().stream(Body::from("{}"))).await;
    assert_eq!(without.failure(), failure(415, "UNSUPPORTED_MEDIA_TYPE"));
    for content_type in [
        "text/plain",
        "application/xml",
        "application/json; charset=latin1",
        "multipart/form-data",
    ] {
        let answer = refused(login().body(content_type, "{}")).await;
        assert_eq!(
            answer.failure(),
            failure(415, "UNSUPPORTED_MEDIA_TYPE"),
            "{content_type}"
        );
    }
    let utf8 = refused(login().body("Application/JSON; charset=\"UTF-8\"", "{}")).await;
    assert_eq!(utf8.failure(), failure(400, "VALIDATION_ERROR"));
}

#[tokio::test]
async fn a_form_has_the_same_fields_and_rules() {
    let answer =
        refused(call("POST", "/api/users").form("email=ada&firstName=&nick=A&nick=B")).await;
    assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
    assert_eq!(
        answer.fields(),
        ["email", "password", "firstName", "lastName", "nick"]
    );
    let twice = refused(login().form("email=a%40example.org&email=b&password=x")).await;
    assert_eq!(twice.fields(), ["email"]);
    let bytes = refused(login().form("email=%FF")).await;
    assert_eq!(bytes.failure(), failure(400, "VALIDATION_ERROR"));

    let router = Mocks::knowing(ada()).router();
    let form = call("PATCH", ADA_PATH).form("isActive=false").by(ADMIN);
    assert_eq!(form.on(&router).await.data()["isActive"], false);
    let form = call("PATCH", ADA_PATH).form("isActive=0").by(ADMIN);
    assert_eq!(form.on(&router).await.fields(), ["isActive"]);
}

#[tokio::test]
async fn a_string_with_nul_is_refused() {
    let body = json!({
        "email": "a\0@example.org",
        "password": "correct\0horse",
        "firstName": "A\0",
        "lastName": "\0",
    });
    let answer = refused(call("POST", "/api/users").json(body)).await;
    assert_eq!(
        answer.fields(),
        ["email", "password", "firstName", "lastName"]
    );
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_more_byte_is_not() {
    let at_limit = format!("{{}}{}", " ".repeat(64 * 1024 - 2));
    let read = refused(login().body("application/json", &at_limit)).await;
    assert_eq!(read.failure(), failure(400, "VALIDATION_ERROR"));
    let beyond = format!("{at_limit} ");
    let whole = refused(login().body("application/json", &beyond)).await;
    assert_eq!(whole.failure(), failure(413, "PAYLOAD_TOO_LARGE"));
    // Without saying so before.
    let chunks = beyond.into_bytes();
    let chunks = chunks
        .chunks(1024)
        .map(|chunk| Ok::<_, Infallible>(chunk.to_vec()));
    let streamed = Body::from_stream(stream::iter(chunks.collect::<Vec<_>>()));
    let call = login()
        .header("content-type", "application/json")
        .stream(streamed);
    assert_eq!(
        refused(call).await.failure(),
        failure(413, "PAYLOAD_TOO_LARGE")
    );
    // Saying so, without a byte of it.
    let call = login()
        .header("content-type", "application/json")
        .header("content-length", "65537");
    assert_eq!(
        refused(call).await.failure(),
        failure(413, "PAYLOAD_TOO_LARGE")
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_times_out() {
    let begun = tokio::time::Instant::now();
    let call = login()
        .header("content-type", "application/json")
        .stream(never());
    let answer = refused(call).await;
    assert_eq!(answer.failure(), failure(408, "REQUEST_TIMEOUT"));
    assert_eq!(begun.elapsed(), Duration::from_secs(20));
}

#[tokio::test]
async fn who_takes_no_body_takes_an_empty_object() {
    let router = Mocks::default().router();
    let logout = |body: &str| {
        call("POST", "/api/auth/logout")
            .body("application/json", body)
            .by(ADA)
    };
    let unknown = logout(r#"{"all":true}"#).on(&router).await;
    assert_eq!(unknown.failure(), failure(400, "VALIDATION_ERROR"));
    assert_eq!(unknown.fields(), ["all"]);
    let broken = logout("{").on(&router).await;
    assert_eq!(broken.failure(), failure(400, "INVALID_JSON"));
    let text = call("DELETE", ADA_PATH)
        .body("text/plain", "now")
        .by(ADA)
        .on(&router)
        .await;
    assert_eq!(text.failure(), failure(415, "UNSUPPORTED_MEDIA_TYPE"));
}

#[tokio::test]
async fn of_unknown_fields_the_first_twenty_are_named_and_a_long_name_is_cut() {
    let names = (0..900).map(|number| format!("x{number}"));
    let names: Vec<_> = names.collect();
    let form = refused(login().form(&names.join("&"))).await;
    assert_eq!(form.failure(), failure(400, "VALIDATION_ERROR"));
    let mut expected = vec!["email".to_owned(), "password".to_owned()];
    expected.extend_from_slice(&names[..20]);
    assert_eq!(form.fields(), expected);

    let fields = names.iter().map(|name| (name.clone(), json!(1)));
    let json = refused(login().json(serde_json::Value::Object(fields.collect()))).await;
    assert_eq!(json.fields(), expected);

    let many = vec!["x"; 1_001].join("&");
    let members: Vec<_> = (0..1_001).map(|number| format!("\"{number}\":1")).collect();
    let object = format!("{{{}}}", members.join(","));
    for call in [
        login().form(&many),
        login().body("application/json", &object),
    ] {
        let answer = refused(call).await;
        let detail = (
            "body".to_owned(),
            "Must hold at most 1000 fields".to_owned(),
        );
        assert_eq!(answer.details(), [detail]);
    }

    let (longest, too_long) = ("ä".repeat(100), "ä".repeat(101));
    let cut = refused(login().form(&format!("{longest}&{too_long}"))).await;
    assert_eq!(cut.fields()[2..], [longest.clone(), format!("{longest}…")]);
}
