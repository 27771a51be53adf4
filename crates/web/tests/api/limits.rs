//! How much is taken on: requests at once, requests and sign-ups from one client.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use futures_util::FutureExt;
use hexpress_domain::auth::Verification;
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{LockedUser, PasswordHash, User};
use serde_json::{Value, json};

use crate::sample_post::{POST_PATH, knowing, published};
use crate::support::{
    ADA, ADA_PATH, ADAS_PROGRAM, ADMIN, Answer, Call, Mocks, NOBODY, OTHER, STRANGER, ada, call,
    failure, get, never, patch, post,
};

fn from(address: &str, call: Call) -> Call {
    let address: SocketAddr = address.parse().unwrap();
    call.extension(ConnectInfo(address))
}

fn body() -> Value {
    json!({
        "email": "new@example.org",
        "password": "correct horse",
        "firstName": "Ada",
        "lastName": "Lovelace",
    })
}

fn limited(requests: u32) -> Router {
    let mut mocks = Mocks::knowing(ada());
    mocks.limits.requests_per_minute = requests;
    mocks.router()
}

fn refused() -> (u16, String) {
    failure(429, "RATE_LIMITED")
}

#[tokio::test]
async fn beyond_what_is_handled_at_once_is_refused() {
    let mut mocks = Mocks::knowing(ada());
    mocks.limits.concurrent_requests = 0;
    let router = mocks.router();
    for call in [
        get(ADA_PATH),
        // Before the token is looked at.
        get(ADA_PATH).by(STRANGER),
        post("/api/auth/login", json!({})),
        post("/api/users", json!({})),
        get("/docs/swagger-ui.css"),
        get("/api/openapi.json"),
    ] {
        let answer = call.on(&router).await;
        assert_eq!(answer.failure(), failure(503, "UNAVAILABLE"));
        assert_eq!(answer.header("retry-after"), "1");
    }
    // After what cannot be answered at any time.
    assert_eq!(get("/api/nope").on(&router).await.status, 404);
    let put = call("PUT", ADA_PATH).on(&router).await;
    assert_eq!(put.status, 405);
    assert_eq!(get("/api/health").on(&router).await.status, 200);
}

fn slow_sign_up(address: &str) -> Call {
    let call = call("POST", "/api/users").header("content-type", "application/json");
    from(address, call.stream(never()))
}

#[tokio::test]
async fn bodies_that_are_awaited_hold_up_their_own_address_alone() {
    let mut mocks = Mocks::knowing(ada());
    mocks.limits.concurrent_requests = 1;
    mocks.limits.pending_bodies_per_address = 2;
    let router = mocks.router();
    let (here, there) = ("192.0.2.1:1", "192.0.2.2:1");
    let mut slow: Vec<_> = (0..2)
        .map(|_| Box::pin(slow_sign_up(here).on(&router)))
        .collect();
    for slow in &mut slow {
        assert!(slow.as_mut().now_or_never().is_none());
    }
    let refused = slow_sign_up(here).on(&router).await;
    assert_eq!(refused.failure(), failure(503, "UNAVAILABLE"));
    assert_eq!(refused.header("retry-after"), "1");
    // Neither what has no body, nor other addresses.
    assert_eq!(from(here, get(ADA_PATH)).on(&router).await.status, 200);
    let other = from(there, post("/api/users", json!({}))).on(&router).await;
    assert_eq!(other.status, 400);

    slow.pop();
    let next = from(here, post("/api/users", json!({}))).on(&router).await;
    assert_eq!(next.status, 400);
}

#[tokio::test]
async fn bodies_of_all_requests_share_one_budget() {
    let mut mocks = Mocks::default();
    mocks.limits.body_bytes = 60_000;
    let router = mocks.router();
    let login = |length: usize| {
        let body = json!({"email": "a".repeat(length), "password": "x"});
        post("/api/auth/login", body)
    };
    assert_eq!(login(10_000).on(&router).await.status, 400);
    let refused = login(40_000).on(&router).await;
    assert_eq!(refused.failure(), failure(503, "UNAVAILABLE"));
    // Nothing is left of it.
    assert_eq!(login(10_000).on(&router).await.status, 400);
}

#[tokio::test]
async fn a_page_of_another_origin_may_read_that_no_long_answer_is_taken_on() {
    let mut view = published();
    view.content = Some("a".repeat(20_000).parse().unwrap());
    let mut mocks = knowing(view);
    mocks.views.expect_record().return_const(());
    mocks.limits.response_bytes = 10_000;
    let call = get(POST_PATH).header("origin", "https://shop.example");
    let answer = call.on(&mocks.router()).await;
    assert_eq!(answer.failure(), failure(503, "UNAVAILABLE"));
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test(start_paused = true)]
async fn a_client_is_told_its_quota_and_refused_beyond_it() {
    let router = limited(3);
    for left in [
        "\"default\";r=2;t=20",
        "\"default\";r=1;t=20",
        "\"default\";r=0;t=20",
    ] {
        let answer = get(ADA_PATH).on(&router).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=3;w=60");
        assert_eq!(answer.header("ratelimit"), left);
    }
    let answer = get(ADA_PATH).on(&router).await;
    assert_eq!(answer.failure(), refused());
    assert_eq!(
        answer.message(),
        "Too many requests; try again in 20 seconds"
    );
    assert_eq!(answer.header("retry-after"), "20");
    assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=3;w=60");
    assert_eq!(answer.header("ratelimit"), "\"default\";r=0;t=20");

    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(get(ADA_PATH).on(&router).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_account_has_one_quota_wherever_it_calls_from_and_an_address_has_another() {
    let router = limited(2);
    let get = |caller| get(ADA_PATH).by(caller);
    assert_eq!(from("192.0.2.1:1", get(ADA)).on(&router).await.status, 200);
    // Another token and another address, but the same account.
    let program = from("192.0.2.2:1", get(ADAS_PROGRAM)).on(&router).await;
    assert_eq!(program.status, 200);
    let third = from("192.0.2.3:1", get(ADA)).on(&router).await;
    assert_eq!(third.failure(), refused());

    for (address, caller) in [
        ("192.0.2.1:1", OTHER),
        ("192.0.2.1:1", NOBODY),
        ("192.0.2.1:2", NOBODY),
        ("[2001:db8:1:2::1]:1", NOBODY),
        ("[2001:db8:1:2:ffff::2]:1", NOBODY),
        ("[2001:db8:1:3::1]:1", NOBODY),
    ] {
        let answer = from(address, get(caller)).on(&router).await;
        assert_eq!(answer.status, 200, "{address}");
    }
    for address in ["192.0.2.1:3", "[2001:db8:1:2::3]:1"] {
        let answer = from(address, get(NOBODY)).on(&router).await;
        assert_eq!(answer.failure(), refused(), "{address}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_limit_comes_after_a_bad_token_and_before_all_else() {
    let router = limited(1);
    assert_eq!(get(ADA_PATH).on(&router).await.status, 200);
    for (call, expected) in [
        (get("/api/nope"), failure(404, "NOT_FOUND")),
        (call("PUT", ADA_PATH), failure(405, "METHOD_NOT_ALLOWED")),
        (get(ADA_PATH).by(STRANGER), failure(401, "UNAUTHENTICATED")),
        (get("/api/auth/me"), refused()),
        (get("/api/users/7?x=1"), refused()),
        (post("/api/users", json!({})), refused()),
        // Logins look at no token.
        (post("/api/auth/login", json!({})).by(ADA), refused()),
    ] {
        assert_eq!(call.on(&router).await.failure(), expected);
    }
    let health = get("/api/health").on(&router).await;
    assert_eq!(health.status, 200);
    assert_eq!(health.header("ratelimit"), "");
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_nobody_is_told_of_one() {
    let answer = get(ADA_PATH).on(&limited(0)).await;
    assert_eq!(answer.header("ratelimit"), "");
    assert_eq!(answer.header("ratelimit-policy"), "");
}

#[tokio::test(start_paused = true)]
async fn sign_ups_are_counted_where_they_tell_of_an_address() {
    let mut mocks = Mocks::default().hashing().verifying(Verification::Mismatch);
    mocks.limits.sign_ups_per_hour = 2;
    mocks
        .users
        .expect_insert()
        .returning(|_| Err(RepositoryError::Duplicate(User::UNIQUE_EMAIL)));
    let router = mocks.router();
    let sign_up = async |address: &str, body: Value| -> Answer {
        let call = from(address, post("/api/users", body));
        call.on(&router).await
    };
    let (here, there) = ("192.0.2.1:1", "192.0.2.2:1");
    for _ in 0..3 {
        assert_eq!(sign_up(here, json!({})).await.status, 400);
    }
    for _ in 0..2 {
        assert_eq!(sign_up(here, body()).await.status, 409);
    }
    for body in [body(), json!({})] {
        let answer = sign_up(here, body).await;
        assert_eq!(answer.failure(), refused());
        assert_eq!(answer.header("retry-after"), "1800");
        assert_eq!(
            answer.message(),
            "Too many sign-ups or changes of an email address; try again in 1800 seconds"
        );
    }
    assert_eq!(sign_up(there, body()).await.status, 409);
    // Others than sign-ups go on.
    let login = json!({"email": "new@example.org", "password": "x"});
    let login = from(here, post("/api/auth/login", login));
    assert_ne!(login.on(&router).await.status, 429);

    tokio::time::advance(Duration::from_secs(1800)).await;
    assert_eq!(sign_up(here, body()).await.status, 409);
}

#[tokio::test(start_paused = true)]
async fn changes_of_the_own_email_are_counted_like_sign_ups() {
    let mut mocks = Mocks::default().verifying(Verification::Match { outdated: false });
    mocks.limits.sign_ups_per_hour = 2;
    mocks.users.expect_find().returning(|_, _| Ok(Some(ada())));
    mocks.users.expect_change().returning(|_, decide| {
        let locked = LockedUser {
            user: ada(),
            password_hash: PasswordHash::new("hash".into()),
            is_last_admin: false,
        };
        let change = decide(&locked).map_err(RepositoryError::Refused)?;
        match change.map_or(ada(), |change| change.user) {
            user if user.email.as_str() == "taken@example.org" => {
                Err(RepositoryError::Duplicate(User::UNIQUE_EMAIL))
            }
            user => Ok(user),
        }
    });
    let router = mocks.router();
    let change = async |caller: Option<char>, body: Value| -> StatusCode {
        let call = from("192.0.2.1:1", patch(ADA_PATH, body).by(caller));
        call.on(&router).await.status
    };
    let email = |email: &str| json!({"email": email, "currentPassword": "correct horse"});
    let present = ada().email.to_string();
    for _ in 0..3 {
        assert_eq!(change(ADA, email(&present)).await, 200);
        assert_eq!(
            change(ADA, json!({"email": "taken@example.org"})).await,
            400
        );
    }
    assert_eq!(change(ADA, email("taken@example.org")).await, 409);
    assert_eq!(change(ADA, email("free@example.org")).await, 200);

    let call = patch(ADA_PATH, email("taken@example.org")).by(ADA);
    let answer = from("192.0.2.1:1", call).on(&router).await;
    assert_eq!(answer.failure(), refused());
    assert_eq!(answer.header("retry-after"), "1800");
    let sign_up = from("192.0.2.1:1", post("/api/users", body()));
    assert_eq!(sign_up.on(&router).await.failure(), refused());
    // What tells nothing goes on, and so does whoever may see every address.
    assert_eq!(change(ADA, email(&present)).await, 200);
    assert_eq!(change(ADA, json!({"firstName": "Augusta"})).await, 200);
    let by_admin = json!({"email": "taken@example.org"});
    assert_eq!(change(ADMIN, by_admin).await, 409);
}
