//! Section 2 of the contract, row by row.

use std::time::Duration;

use hexpress_domain::auth::{OpenedSession, Reservation, TOO_MANY_TOKENS, Token, Verification};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::PasswordHash;
use serde_json::{Value, json};

use crate::support::{
    ADA, ADAS_PROGRAM, Mocks, NOBODY, STRANGER, ada, api_token, call, failure, get, post, token,
    token_id, user_id,
};

const MATCH: Verification = Verification::Match { outdated: false };

fn logging_in() -> Mocks {
    let mut mocks = Mocks::default().verifying(MATCH);
    mocks
        .users
        .expect_find_by_email()
        .returning(|_| Ok(Some((ada(), PasswordHash::new("hash".into())))));
    mocks.tokens.expect_open_session().returning(|session| {
        let mut user = ada();
        user.last_login_at = Some(session.at);
        Ok(OpenedSession {
            user,
            ended: Vec::new(),
        })
    });
    mocks
}

fn credentials() -> Value {
    json!({"email": " ADA@example.org", "password": "correct horse"})
}

#[tokio::test]
async fn a_login_answers_with_the_token_and_the_user() {
    let router = logging_in().router();
    let answer = post("/api/auth/login", credentials()).on(&router).await;
    assert_eq!(answer.status, 200);
    let data = answer.data();
    assert_eq!(data["token"], token('n'));
    assert_eq!(data["tokenType"], "Bearer");
    assert_eq!(data["expiresAt"], "2023-11-28T22:13:20.120Z");
    assert_eq!(data["user"]["email"], "ada@example.org");
    assert_eq!(data["user"]["lastLoginAt"], "2023-11-14T22:13:20.120Z");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_login_takes_a_form_and_ignores_a_token() {
    let router = logging_in().router();
    let form = "email=ada%40example.org&password=correct+horse";
    let answer = call("POST", "/api/auth/login")
        .form(form)
        .by(STRANGER)
        .on(&router)
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn wrong_credentials_have_one_answer() {
    let mut unknown = Mocks::default().verifying(Verification::Mismatch);
    unknown.users.expect_find_by_email().returning(|_| Ok(None));
    let mut inactive = Mocks::default().verifying(MATCH);
    inactive.users.expect_find_by_email().returning(|_| {
        let mut user = ada();
        user.is_active = false;
        Ok(Some((user, PasswordHash::new("hash".into()))))
    });
    let mut wrong_password = Mocks::default().verifying(Verification::Mismatch);
    wrong_password
        .users
        .expect_find_by_email()
        .returning(|_| Ok(Some((ada(), PasswordHash::new("hash".into())))));
    let mut bodies = Vec::new();
    for mocks in [unknown, inactive, wrong_password] {
        let router = mocks.router();
        let answer = post("/api/auth/login", credentials()).on(&router).await;
        assert_eq!(answer.failure(), failure(401, "INVALID_CREDENTIALS"));
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        bodies.push(answer.text);
    }
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[0], bodies[2]);
}

#[tokio::test]
async fn a_login_names_all_its_faults() {
    let router = Mocks::default().router();
    let body = json!({"email": "ada", "password": "", "remember": true});
    let answer = post("/api/auth/login", body).on(&router).await;
    assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
    assert_eq!(answer.fields(), ["email", "password", "remember"]);
    let long = json!({"email": "ada@example.org", "password": "x".repeat(101)});
    let answer = post("/api/auth/login", long).on(&router).await;
    assert_eq!(answer.fields(), ["password"]);
}

#[tokio::test]
async fn too_many_guesses_are_told_when_to_come_back() {
    let mut mocks = Mocks::default();
    mocks.guard.expect_reserve().returning(|_| {
        Ok(Reservation::Refused {
            retry_after: Duration::from_millis(12_001),
        })
    });
    let router = mocks.router();
    let answer = post("/api/auth/login", credentials()).on(&router).await;
    assert_eq!(answer.failure(), failure(429, "RATE_LIMITED"));
    assert_eq!(answer.header("retry-after"), "13");
}

#[tokio::test]
async fn guesses_count_for_the_clients_address() {
    let mut mocks = Mocks::default();
    mocks.settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    mocks.guard.expect_reserve().returning(|attempt| {
        assert_eq!(attempt.address.to_string(), "203.0.113.9");
        Ok(Reservation::Refused {
            retry_after: Duration::from_secs(1),
        })
    });
    let router = mocks.router();
    let peer: std::net::SocketAddr = "10.0.0.1:4711".parse().unwrap();
    let answer = post("/api/auth/login", credentials())
        .header("x-forwarded-for", "203.0.113.9")
        .extension(axum::extract::ConnectInfo(peer))
        .on(&router)
        .await;
    assert_eq!(answer.failure(), failure(429, "RATE_LIMITED"));
}

#[tokio::test]
async fn me_is_the_caller_as_a_full_user() {
    let router = Mocks::knowing(ada()).router();
    let answer = get("/api/auth/me").by(ADA).on(&router).await;
    assert_eq!(
        answer.data(),
        json!({
            "id": user_id(1).to_string(),
            "email": "ada@example.org",
            "firstName": "Ada",
            "lastName": "Lovelace",
            "fullName": "Ada Lovelace",
            "role": "user",
            "isActive": true,
            "lastLoginAt": null,
            "createdAt": "2023-11-14T22:13:20.120Z",
            "updatedAt": "2023-11-14T22:13:20.120Z",
        })
    );
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn who_brings_no_token_is_asked_for_one_and_a_bad_one_is_refused() {
    let router = Mocks::default().router();
    let answer = get("/api/auth/me").on(&router).await;
    assert_eq!(answer.failure(), failure(401, "UNAUTHENTICATED"));
    assert_eq!(answer.message(), "Authentication required");
    assert_eq!(answer.header("www-authenticate"), "Bearer");

    let unknown = format!("Bearer {}", token('x'));
    let truncated = unknown.strip_suffix('x').unwrap();
    for header in [&unknown, truncated, "Bearer", "Basic YTpi", "bearer  ", "x"] {
        for path in ["/api/auth/me", crate::support::ADA_PATH] {
            let answer = get(path).header("authorization", header).on(&router).await;
            assert_eq!(
                answer.failure(),
                failure(401, "UNAUTHENTICATED"),
                "{header}"
            );
            let challenge = answer.header("www-authenticate");
            assert_eq!(challenge, r#"Bearer error="invalid_token""#);
        }
    }
    let twice = get("/api/auth/me").by(ADA).by(ADA).on(&router).await;
    assert_eq!(twice.failure(), failure(401, "UNAUTHENTICATED"));
}

#[tokio::test]
async fn the_scheme_has_no_case() {
    let router = Mocks::knowing(ada()).router();
    let header = format!("bEARER {}", token('u'));
    let answer = get("/api/auth/me")
        .header("authorization", &header)
        .on(&router)
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn logging_out_revokes_the_token_in_use() {
    for caller in [ADA, ADAS_PROGRAM] {
        for body in [None, Some(json!({}))] {
            let mut mocks = Mocks::default();
            mocks
                .tokens
                .expect_revoke()
                .withf(|user, id| (*user, *id) == (user_id(1), token_id(1)))
                .times(1)
                .returning(|_, _| Ok(()));
            let router = mocks.router();
            let logout = call("POST", "/api/auth/logout").by(caller);
            let logout = match body {
                Some(body) => logout.json(body),
                None => logout,
            };
            let answer = logout.on(&router).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(
                answer.json(),
                json!({"success": true, "message": "Logged out successfully"})
            );
        }
    }
}

#[tokio::test]
async fn logging_out_needs_a_token() {
    let router = Mocks::default().router();
    let answer = call("POST", "/api/auth/logout").on(&router).await;
    assert_eq!(answer.failure(), failure(401, "UNAUTHENTICATED"));
    assert_eq!(answer.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn tokens_are_listed_without_their_secrets() {
    let mut mocks = Mocks::default();
    mocks
        .tokens
        .expect_list()
        .returning(|_, _| Ok(vec![api_token(token_id(7))]));
    let answer = get("/api/auth/tokens").by(ADA).on(&mocks.router()).await;
    assert_eq!(
        answer.data(),
        json!([{
            "id": token_id(7).to_string(),
            "name": "deploy",
            "kind": "api",
            "createdAt": "2023-11-14T22:13:20.120Z",
            "lastUsedAt": "2023-11-14T22:13:20.120Z",
            "expiresAt": null,
        }])
    );
}

#[tokio::test]
async fn a_new_token_is_shown_once_and_found_again() {
    let mut mocks = Mocks::default();
    mocks.tokens.expect_insert_api_token().returning(|record| {
        Ok(Token {
            expires_at: record.expires_at,
            ..api_token(record.id)
        })
    });
    let router = mocks.router();
    for (sent, shown) in [
        (json!(null), json!(null)),
        (
            json!("2030-01-31T13:00:00+01:00"),
            json!("2030-01-31T12:00:00.000Z"),
        ),
    ] {
        let body = json!({"name": " deploy ", "expiresAt": sent});
        let answer = post("/api/auth/tokens", body).by(ADA).on(&router).await;
        assert_eq!(answer.status, 201);
        let data = answer.data();
        assert_eq!(data["token"], token('n'));
        assert_eq!(data["expiresAt"], shown);
        assert_eq!(data["name"], "deploy");
        assert_eq!(data["kind"], "api");
        let location = format!("/api/auth/tokens/{}", token_id(100));
        assert_eq!(answer.header("location"), location);
    }
}

#[tokio::test]
async fn the_end_of_a_new_token_is_read_from_a_form() {
    let mut mocks = Mocks::default();
    mocks
        .tokens
        .expect_insert_api_token()
        .times(1)
        .returning(|record| {
            Ok(Token {
                expires_at: record.expires_at,
                ..api_token(record.id)
            })
        });
    let router = mocks.router();
    let with = async |expires_at: &str| {
        let form = format!("name=deploy&expiresAt={expires_at}");
        let call = call("POST", "/api/auth/tokens").form(&form).by(ADA);
        call.on(&router).await
    };
    let made = with("2030-01-31T13%3A00%3A00%2B01%3A00").await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.data()["expiresAt"], "2030-01-31T12:00:00.000Z");
    // An empty value is an empty string, which is no time.
    for wrong in ["", "null", "tomorrow", "2030-01-31"] {
        let answer = with(wrong).await;
        assert_eq!(
            answer.failure(),
            failure(400, "VALIDATION_ERROR"),
            "{wrong}"
        );
        assert_eq!(answer.fields(), ["expiresAt"], "{wrong}");
    }
}

#[tokio::test]
async fn a_new_token_needs_a_name_and_an_end_in_the_future() {
    let router = Mocks::default().router();
    for (body, fields) in [
        (json!({}), vec!["name"]),
        (json!({"name": ""}), vec!["name"]),
        (json!({"name": "x".repeat(101)}), vec!["name"]),
        (
            json!({"name": null, "expiresAt": 5}),
            vec!["name", "expiresAt"],
        ),
        (
            json!({"name": "a", "expiresAt": "2023-11-14T22:13:20.120Z"}),
            vec!["expiresAt"],
        ),
        (json!({"name": "a", "kind": "session"}), vec!["kind"]),
        (
            json!({"kind": "session", "expiresAt": "2023-11-14T22:13:20.120Z"}),
            vec!["name", "expiresAt", "kind"],
        ),
    ] {
        let answer = post("/api/auth/tokens", body.clone())
            .by(ADA)
            .on(&router)
            .await;
        assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"), "{body}");
        assert_eq!(answer.fields(), fields, "{body}");
    }
}

#[tokio::test]
async fn the_fifty_first_token_is_refused() {
    let mut mocks = Mocks::default();
    mocks
        .tokens
        .expect_insert_api_token()
        .returning(|_| Err(RepositoryError::Conflict(TOO_MANY_TOKENS)));
    let body = json!({"name": "deploy"});
    let answer = post("/api/auth/tokens", body)
        .by(ADA)
        .on(&mocks.router())
        .await;
    assert_eq!(answer.failure(), failure(409, "INVALID_STATE"));
    assert!(answer.message().contains("50"), "{}", answer.message());
}

#[tokio::test]
async fn own_tokens_are_revoked_and_others_are_not_found() {
    let mut mocks = Mocks::default();
    mocks.tokens.expect_revoke().returning(|_, id| {
        if id == token_id(7) {
            Ok(())
        } else {
            Err(RepositoryError::NotFound)
        }
    });
    let router = mocks.router();
    let revoke = async |id: &str| {
        let path = format!("/api/auth/tokens/{id}");
        call("DELETE", &path).by(ADA).on(&router).await
    };
    let revoked = revoke(&token_id(7).to_string()).await;
    assert_eq!(
        (revoked.status.as_u16(), revoked.message().as_str()),
        (200, "Token revoked successfully")
    );
    let unknown = revoke(&token_id(8).to_string()).await;
    assert_eq!(unknown.failure(), failure(404, "NOT_FOUND"));
    assert_eq!(
        revoke("seven").await.failure(),
        failure(400, "VALIDATION_ERROR")
    );
}

#[tokio::test]
async fn the_token_endpoints_are_for_sessions() {
    let router = Mocks::default().router();
    let id = token_id(7);
    let path = format!("/api/auth/tokens/{id}");
    for (caller, expected) in [
        (NOBODY, failure(401, "UNAUTHENTICATED")),
        (ADAS_PROGRAM, failure(403, "FORBIDDEN")),
    ] {
        for call in [
            get("/api/auth/tokens"),
            post("/api/auth/tokens", json!({"name": "deploy"})),
            call("DELETE", &path),
        ] {
            assert_eq!(call.by(caller).on(&router).await.failure(), expected);
        }
    }
}
