//! What the client sends, how often, and what it makes of answers: against a server that answers
//! by a script. What the real API answers is compared in `crates/server/tests/end_to_end`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use hexpress_client::domain::auth::{Credentials, TokenSecret};
use hexpress_client::domain::order::{NewOrder, NewOrderItem};
use hexpress_client::domain::post::{PostId, PostPatch};
use hexpress_client::domain::product::ProductId;
use hexpress_client::post::ListPosts;
use hexpress_client::product::ListProducts;
use hexpress_client::{Client, ClientBuilder, Error, ErrorCode, RetryPolicy};
use tokio::net::TcpListener;

const ID: &str = "0192d3a4-5b6c-7d8e-9f01-23456789abcd";

/// A request as it came.
#[derive(Debug, Clone)]
struct Request {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A status, headers and a body.
type Scripted = (u16, &'static [(&'static str, &'static str)], String);

#[derive(Default)]
struct Script {
    address: OnceLock<SocketAddr>,
    answers: Mutex<VecDeque<Scripted>>,
    requests: Mutex<Vec<Request>>,
}

impl Script {
    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

async fn play(State(script): State<Arc<Script>>, parts: Parts, body: Bytes) -> Response {
    script.requests.lock().unwrap().push(Request {
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let answer = script.answers.lock().unwrap().pop_front();
    let (status, headers, body) = answer.unwrap_or((500, &[], "the script is over".to_owned()));
    let status = StatusCode::from_u16(status).unwrap();
    let mut response = (status, body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

/// A server that gives these answers one after the other, and a client for it.
async fn serve(answers: impl IntoIterator<Item = Scripted>) -> (Client, Arc<Script>) {
    serve_with(answers, |client| client).await
}

/// As [`serve`], with a say in the client.
async fn serve_with(
    answers: impl IntoIterator<Item = Scripted>,
    adjust: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> (Client, Arc<Script>) {
    let script = Arc::new(Script::default());
    script.answers.lock().unwrap().extend(answers);
    let app = Router::new().fallback(play).with_state(script.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    script.address.set(address).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let client = Client::builder(&format!("http://{address}/blog/")).no_proxy();
    (adjust(client).build().unwrap(), script)
}

/// Asks to come back at once.
const AT_ONCE: &[(&str, &str)] = &[("retry-after", "0")];

fn refusal(status: u16, code: &str) -> Scripted {
    let body = format!(
        r#"{{"success":false,"error":{{"code":"{code}","message":"No","requestId":"r-1"}}}}"#
    );
    (status, AT_ONCE, body)
}

const TAG: &str = r#""1-0011223344556677""#;

const TAGGED: &[(&str, &str)] = &[("etag", TAG)];

fn product() -> String {
    format!(
        r#"{{"id":"{ID}","name":"Engine","description":"","priceCents":1999,"currency":"EUR",
            "stock":3,"isActive":true,"createdAt":"2026-11-22T10:22:33.123Z",
            "updatedAt":"2026-11-22T10:22:33.123Z","colour":"of another version"}}"#
    )
}

fn shown(thing: &str) -> Scripted {
    (200, TAGGED, format!(r#"{{"success":true,"data":{thing}}}"#))
}

fn placed() -> Scripted {
    let order = format!(
        r#"{{"id":"{ID}","userId":"{ID}","status":"pending","items":[],"totalCents":0,
            "currency":"EUR","createdAt":"2026-11-22T10:22:33.123Z",
            "updatedAt":"2026-11-22T10:22:33.123Z"}}"#
    );
    shown(&order)
}

fn cart() -> NewOrder {
    NewOrder::new(vec![NewOrderItem {
        product_id: ID.parse().unwrap(),
        quantity: 2.try_into().unwrap(),
    }])
    .unwrap()
}

fn product_id() -> ProductId {
    ID.parse().unwrap()
}

fn post_id() -> PostId {
    ID.parse().unwrap()
}

#[tokio::test]
async fn a_read_is_sent_again_until_it_is_answered() {
    let not_ours = (502, AT_ONCE, "<html>Bad Gateway</html>".to_owned());
    let answers = [
        refusal(429, "RATE_LIMITED"),
        not_ours,
        refusal(503, "UNAVAILABLE"),
        shown(&product()),
    ];
    let (client, script) = serve(answers).await;
    let product = client.products().read(product_id()).await.unwrap();
    assert_eq!(product.value.stock, 3);
    assert_eq!(product.tag.as_str(), TAG);
    let requests = script.requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert_eq!(request.uri, format!("/blog/api/products/{ID}").as_str());
        assert_eq!(request.header("authorization"), None);
    }
}

#[tokio::test]
async fn the_last_refusal_is_the_result() {
    let (client, script) = serve((0..9).map(|_| refusal(503, "UNAVAILABLE"))).await;
    let error = client.products().read(product_id()).await.unwrap_err();
    let refusal = error.api().unwrap();
    assert_eq!(refusal.code, ErrorCode::Unavailable);
    assert_eq!(refusal.status, 503);
    assert_eq!(refusal.message, "No");
    assert_eq!(refusal.request_id.as_deref(), Some("r-1"));
    assert_eq!(refusal.retry_after, Some(Duration::ZERO));
    assert_eq!(script.requests().len(), 4);
}

#[tokio::test]
async fn a_pause_that_is_too_long_is_not_begun() {
    let later = (503, &[("retry-after", "3600")][..], String::new());
    let (client, script) = serve([later]).await;
    let error = client.products().read(product_id()).await.unwrap_err();
    assert!(matches!(
        error,
        Error::Unexpected {
            status: 503,
            retry_after: Some(pause),
            ..
        } if pause == Duration::from_secs(3600)
    ));
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn a_write_is_sent_once() {
    let (client, script) = serve([refusal(503, "UNAVAILABLE"), shown(&product())]).await;
    let token: TokenSecret = format!("hxp_{}", "x".repeat(43)).parse().unwrap();
    let ada = client.with_token(&token);
    let tag = TAG.parse().unwrap();
    let patch = PostPatch {
        excerpt: Some(None),
        ..PostPatch::default()
    };
    let refused = ada.posts().update(post_id(), &patch, Some(&tag)).await;
    assert_eq!(refused.unwrap_err().code(), Some(&ErrorCode::Unavailable));
    let requests = script.requests();
    let [request] = requests.as_slice() else {
        panic!("{requests:?}");
    };
    assert_eq!(request.method, Method::PATCH);
    assert_eq!(request.body, r#"{"excerpt":null}"#);
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("if-match"), Some(TAG));
    let authorization = format!("Bearer {}", token.expose());
    assert_eq!(request.header("authorization"), Some(&*authorization));
}

#[tokio::test]
async fn an_order_is_sent_again_with_its_key() {
    let answers = || [refusal(503, "UNAVAILABLE"), placed()];
    let (client, script) = serve(answers().into_iter().chain(answers())).await;
    for _ in 0..2 {
        let placed = client.orders().place(&cart()).await.unwrap();
        assert!(!placed.is_replayed);
    }
    let requests = script.requests();
    let keys: Vec<_> = requests
        .iter()
        .map(|request| request.header("idempotency-key").unwrap())
        .collect();
    let [first, first_again, second, second_again] = keys.as_slice() else {
        panic!("{keys:?}");
    };
    assert_eq!((first, second), (first_again, second_again));
    assert_ne!(first, second);
    let body = format!(r#"{{"items":[{{"productId":"{ID}","quantity":2}}]}}"#);
    assert!(requests.iter().all(|request| request.body == body));
}

#[tokio::test]
async fn where_nobody_answers_a_read_is_tried_again_and_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let counting = tokio::spawn(async move {
        // Hangs up on whoever comes.
        for connections in 1.. {
            drop(listener.accept().await.unwrap());
            if connections == 3 {
                break;
            }
        }
    });
    let client = Client::builder(&format!("http://{address}"))
        .no_proxy()
        .retry(RetryPolicy {
            max_attempts: 3,
            ..RetryPolicy::default()
        });
    let read = client.build().unwrap().products().read(product_id()).await;
    assert!(matches!(read, Err(Error::NoAnswer(_))));
    counting.await.unwrap();
}

#[tokio::test]
async fn a_stream_asks_for_each_page_when_it_is_due() {
    let page = |cursor: &str| {
        let product = product();
        let body = format!(
            r#"{{"success":true,"data":[{product},{product}],
                "pagination":{{"limit":10,"nextCursor":{cursor}}}}}"#
        );
        (200, &[][..], body)
    };
    let (client, script) = serve([page(r#""a/b+c""#), page("null")]).await;
    let mut products = client.products().stream(ListProducts::default());
    assert!(script.requests().is_empty());
    assert!(products.try_next().await.unwrap().is_some());
    assert_eq!(script.requests().len(), 1);
    let rest: Vec<_> = products.try_collect().await.unwrap();
    assert_eq!(rest.len(), 3);
    let queries = script.requests().into_iter();
    let queries: Vec<_> = queries
        .map(|request| request.uri.query().unwrap().to_owned())
        .collect();
    assert_eq!(
        queries,
        [
            "sortBy=createdAt&order=desc&limit=10&count=none",
            "sortBy=createdAt&order=desc&cursor=a%2Fb%2Bc&limit=10&count=none",
        ]
    );
}

#[tokio::test]
async fn a_stream_ends_with_its_first_error() {
    let (client, _script) = serve([refusal(403, "FORBIDDEN")]).await;
    let list = ListPosts {
        deleted: true,
        ..ListPosts::default()
    };
    let mut posts = client.posts().stream(list);
    let error = posts.try_next().await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::Forbidden));
    assert!(posts.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn an_answer_of_something_else_is_told_apart() {
    let untagged = (200, &[][..], format!(r#"{{"data":{}}}"#, product()));
    let page = (
        200,
        &[][..],
        "<html>Log in to the hotel's network</html>".to_owned(),
    );
    let (client, _script) = serve([untagged, page]).await;
    for _ in 0..2 {
        let error = client.products().read(product_id()).await.unwrap_err();
        assert!(matches!(error, Error::Unexpected { status: 200, .. }));
    }
}

/// A redirect to where nothing may be sent, and what would be taken for an answer from there.
fn redirects(status: u16, location: &'static [(&'static str, &'static str)]) -> [Scripted; 2] {
    let done = r#"{"success":true,"message":"Done","data":{}}"#;
    [
        (status, location, String::new()),
        (200, &[], done.to_owned()),
    ]
}

const ELSEWHERE: &[(&str, &str)] = &[("location", "/blog/api/elsewhere")];

#[tokio::test]
async fn no_redirect_takes_a_write_elsewhere() {
    for status in [301, 302, 303, 307, 308] {
        let (client, script) = serve(redirects(status, ELSEWHERE)).await;
        let deleted = client.posts().delete(post_id(), None).await;
        assert!(
            matches!(deleted, Err(Error::Unexpected { status: seen, .. }) if seen == status),
            "{status}: {deleted:?}"
        );
        let (email, password) = ("ada@example.org", "correct horse");
        let (client, logins) = serve(redirects(status, ELSEWHERE)).await;
        let logged_in = client
            .auth()
            .log_in(&Credentials {
                email: email.parse().unwrap(),
                password: password.parse().unwrap(),
            })
            .await;
        assert!(logged_in.is_err(), "{status}");
        for script in [script, logins] {
            assert_eq!(script.requests().len(), 1, "{status}");
        }
    }
}

#[tokio::test]
async fn a_read_follows_redirects_within_its_origin_alone() {
    let moved = || (308, ELSEWHERE, String::new());
    let (client, script) = serve([moved(), moved(), shown(&product())]).await;
    client.products().read(product_id()).await.unwrap();
    let places = script.requests().into_iter().skip(1);
    assert!(
        places
            .into_iter()
            .all(|request| request.uri == "/blog/api/elsewhere")
    );

    let (client, script) = serve((0..9).map(|_| moved())).await;
    assert!(client.products().read(product_id()).await.is_err());
    assert_eq!(script.requests().len(), 3);

    // Another port is another origin.
    let (_, other) = serve([shown(&product())]).await;
    let place = format!("http://{}/blog/api/elsewhere", other.address.get().unwrap());
    let abroad = vec![("location", &*place.leak())].leak();
    let (client, script) = serve([(307, &*abroad, String::new())]).await;
    let read = client.products().read(product_id()).await;
    assert!(
        matches!(read, Err(Error::Unexpected { status: 307, .. })),
        "{read:?}"
    );
    assert_eq!((script.requests().len(), other.requests().len()), (1, 0));
}

#[tokio::test]
async fn only_the_envelope_says_that_something_is_done() {
    for body in [
        "<html>Please log in</html>",
        "{}",
        "",
        r#"{"success":"true"}"#,
        r#"{"data":{}}"#,
    ] {
        let (client, _script) = serve([(200, &[][..], body.to_owned())]).await;
        let deleted = client.posts().delete(post_id(), None).await;
        assert!(
            matches!(deleted, Err(Error::Unexpected { status: 200, .. })),
            "{body}: {deleted:?}"
        );
    }
    let (status, headers, body) = refusal(403, "FORBIDDEN");
    assert_eq!(status, 403);
    let (client, _script) = serve([(200, headers, body)]).await;
    let refused = client.posts().delete(post_id(), None).await.unwrap_err();
    assert_eq!(refused.code(), Some(&ErrorCode::Forbidden));
}

#[tokio::test]
async fn an_answer_has_a_limit() {
    let (_, _, body) = shown(&product());
    let length = body.len();
    for (limit, is_taken) in [(length, true), (length - 1, false)] {
        let answers = [shown(&product())];
        let (client, _script) = serve_with(answers, |client| client.max_answer_bytes(limit)).await;
        let read = client.products().read(product_id()).await;
        assert_eq!(read.is_ok(), is_taken, "{read:?}");
    }
}
