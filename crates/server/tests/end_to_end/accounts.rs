//! An account's life, from sign-up to restoring.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Kind, PASSWORD, Server, email, send, sign_up, text};

#[rstest]
#[tokio::test]
async fn from_sign_up_to_restoring(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let anonymous = server.anonymous();

    let signed_up = anonymous
        .post("/api/users", sign_up(" ADA@example.org "))
        .await;
    assert_eq!(signed_up.status, 201);
    assert_eq!(signed_up.body["message"], "User created successfully");
    assert_eq!(signed_up.body["data"]["email"], "ada@example.org");
    assert_eq!(signed_up.body["data"]["lastLoginAt"], Value::Null);

    let ada = server.log_in("ada").await;
    let me = ada.get("/api/auth/me").await;
    assert_eq!(me.body["data"]["id"], signed_up.body["data"]["id"]);
    assert!(me.body["data"]["lastLoginAt"].is_string());
    let profile = anonymous.get(&ada.path()).await;
    assert_eq!(profile.body["data"]["fullName"], "Ada Lovelace");
    assert_eq!(profile.body["data"]["email"], Value::Null);
    assert_eq!(profile.body["data"]["posts"], json!([]));

    let renamed = ada
        .patch_if(&signed_up.etag, &ada.path(), json!({"lastName": "King"}))
        .await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    assert_eq!(renamed.body["data"]["fullName"], "Ada King");
    let stale = ada
        .patch_if(&signed_up.etag, &ada.path(), json!({"lastName": "Byron"}))
        .await;
    assert_eq!(stale.status, 412);

    let admin = server.admin(&database, "root").await;
    let found = admin.get("/api/users?search=KING").await;
    assert_eq!(found.body["pagination"]["total"], 1);
    assert_eq!(found.body["data"][0]["id"], ada.id);

    assert_eq!(ada.delete(&ada.path()).await.status, 200);
    assert!(!ada.is_known().await);
    assert_eq!(anonymous.get(&ada.path()).await.status, 404);
    let deleted = admin.get("/api/users?deleted=true").await;
    assert!(deleted.body["data"][0]["deletedAt"].is_string());
    let restore = format!("{}/restore", ada.path());
    let restored = admin.post(&restore, json!({})).await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert!(!ada.is_known().await);
    assert!(server.log_in("ada").await.is_known().await);
}

#[rstest]
#[tokio::test]
async fn a_deleted_users_email_is_free_and_then_in_the_way(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let first = server.sign_up("ada").await;
    let taken = server
        .anonymous()
        .post("/api/users", sign_up(&email("ada")))
        .await;
    assert_eq!(taken.status, 409);
    assert_eq!(taken.body["error"]["code"], "DUPLICATE_ERROR");

    first.delete(&first.path()).await;
    let second = server.sign_up("ada").await;
    assert_ne!(first.id, second.id);
    let admin = server.admin(&database, "root").await;
    let restore = format!("{}/restore", first.path());
    let restored = admin.post(&restore, json!({})).await;
    assert_eq!(restored.status, 409);
    assert_eq!(
        restored.body["error"]["details"],
        json!([{"field": "email", "message": "Email address is already registered"}])
    );
}

#[rstest]
#[tokio::test]
async fn what_ends_a_session_bites_on_the_next_request_everywhere(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let other = Server::start(&database, &[]);
    let admin = server.admin(&database, "root").await;
    let elsewhere = |caller: &crate::support::Caller| {
        let request = caller.request(Method::GET, "/api/auth/me").build().unwrap();
        let header = request.headers()["authorization"]
            .to_str()
            .unwrap()
            .to_owned();
        other.with_token(header.trim_start_matches("Bearer "))
    };

    let revoked = server.sign_up("revoked").await;
    let second = server.log_in("revoked").await;
    let tokens = revoked.get("/api/auth/tokens").await;
    let tokens = tokens.body["data"].as_array().unwrap();
    assert_eq!(tokens.len(), 2);
    let oldest = format!("/api/auth/tokens/{}", text(&tokens[1]["id"]));
    assert_eq!(second.delete(&oldest).await.status, 200);
    assert!(!elsewhere(&revoked).is_known().await);
    assert!(elsewhere(&second).is_known().await);

    let inactive = server.sign_up("inactive").await;
    admin
        .patch(&inactive.path(), json!({"isActive": false}))
        .await;
    assert!(!elsewhere(&inactive).is_known().await);
    let login = other.anonymous().log_in(&email("inactive"), PASSWORD).await;
    assert_eq!(login.body["error"]["code"], "INVALID_CREDENTIALS");

    let deleted = server.sign_up("deleted").await;
    admin.delete(&deleted.path()).await;
    assert!(!elsewhere(&deleted).is_known().await);

    let demoted = server.admin(&database, "demoted").await;
    assert_eq!(elsewhere(&demoted).get("/api/users").await.status, 200);
    admin.patch(&demoted.path(), json!({"role": "user"})).await;
    assert_eq!(elsewhere(&demoted).get("/api/users").await.status, 403);

    let changed = server.sign_up("changed").await;
    let left_behind = server.log_in("changed").await;
    let change = json!({"password": "battery staple", "currentPassword": PASSWORD});
    let answer = changed.patch(&changed.path(), change).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(elsewhere(&changed).is_known().await);
    assert!(!elsewhere(&left_behind).is_known().await);
}

#[rstest]
#[tokio::test]
async fn an_api_token_does_what_its_user_may_but_not_with_the_account(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let made = ada
        .post(
            "/api/auth/tokens",
            json!({"name": "deploy", "expiresAt": null}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let program = server.with_token(&text(&made.body["data"]["token"]));

    assert_eq!(
        program
            .patch(&ada.path(), json!({"lastName": "King"}))
            .await
            .status,
        200
    );
    let email = json!({"email": "new@example.org", "currentPassword": PASSWORD});
    assert_eq!(program.patch(&ada.path(), email).await.status, 403);
    assert_eq!(program.delete(&ada.path()).await.status, 403);
    assert_eq!(program.get("/api/auth/tokens").await.status, 403);
    let logout = send(program.request(Method::POST, "/api/auth/logout")).await;
    assert_eq!(logout.status, 200);
    assert!(!program.is_known().await);
    assert!(ada.is_known().await);
}

#[rstest]
#[tokio::test]
async fn guesses_at_a_password_are_limited_for_all_instances_together(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = super::database(kind).await;
    let limit = [("LOGIN_LIMIT_PER_MINUTE", "4")];
    let servers = [
        Server::start(&database, &limit),
        Server::start(&database, &limit),
    ];
    let ada = servers[0].sign_up("ada").await;
    for attempt in 0..4 {
        let guess = servers[attempt % 2].anonymous();
        let wrong = guess.log_in(&email("ada"), "wrong password").await;
        assert_eq!(wrong.status, 401);
    }
    for server in &servers {
        let refused = server.anonymous().log_in(&email("ada"), PASSWORD).await;
        assert_eq!(refused.status, 429);
        assert_eq!(refused.body["error"]["code"], "RATE_LIMITED");
        assert!(
            refused
                .retry_after
                .is_some_and(|seconds| (1..=60).contains(&seconds))
        );
    }
    let confirmed = json!({"password": "battery staple", "currentPassword": PASSWORD});
    assert_eq!(ada.patch(&ada.path(), confirmed).await.status, 429);
    assert!(ada.is_known().await);
}

#[rstest]
#[tokio::test]
async fn right_logins_at_once_of_one_account_all_succeed(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = super::database(kind).await;
    let limit = [("LOGIN_LIMIT_PER_MINUTE", "4")];
    let servers = [
        Server::start(&database, &limit),
        Server::start(&database, &limit),
    ];
    servers[0].sign_up("ada").await;
    let logins = (0..20).map(async |number: usize| {
        let client = servers[number % 2].anonymous();
        client.log_in(&email("ada"), PASSWORD).await.status
    });
    let statuses = futures_util::future::join_all(logins).await;
    assert_eq!(statuses, [200; 20]);
}

#[rstest]
#[tokio::test]
async fn spellings_of_a_password_are_one(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    const COMPOSED: &str = "caf\u{e9} \u{ac01} horse";
    const DECOMPOSED: &str = "cafe\u{301} \u{1100}\u{1161}\u{11a8} \u{ff48}orse";
    // Of the second as it was sent, as versions before made it.
    const FORMER: &str = "$argon2id$v=19$m=8,t=1,p=1$uhUbJuoEgtakrLvrUeIOWw$\
                          TVmF60E5XULNIp1+0koc48zTnjtziRD1Kpxh71WZzPE";
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let anonymous = server.anonymous();
    let ada = email("ada");
    let mut account = sign_up(&ada);
    account["password"] = DECOMPOSED.into();
    assert_eq!(anonymous.post("/api/users", account).await.status, 201);
    let login = async |password| anonymous.log_in(&ada, password).await.status.as_u16();
    assert_eq!(login(COMPOSED).await, 200);
    assert_eq!(login(DECOMPOSED).await, 200);
    assert_eq!(login("cafe \u{ac01} horse").await, 401);

    let set = format!("UPDATE users SET password_hash = '{FORMER}' WHERE email = '{ada}'");
    database.execute(&set).await;
    assert_eq!(login(COMPOSED).await, 401);
    assert_eq!(login(DECOMPOSED).await, 200);
    // The login has renewed the hash.
    assert_eq!(login(COMPOSED).await, 200);

    let found = anonymous.log_in(&ada, COMPOSED).await;
    let caller = server.with_token(&text(&found.body["data"]["token"]));
    let path = format!("/api/users/{}", text(&found.body["data"]["user"]["id"]));
    let change = json!({"currentPassword": DECOMPOSED, "password": PASSWORD});
    assert_eq!(caller.patch(&path, change).await.status, 200);
    assert_eq!(login(PASSWORD).await, 200);
}

#[rstest]
#[tokio::test]
async fn what_shows_nothing_is_no_name(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    const BLANK: &str = "\u{ad}\u{200b}\u{200f}\u{2060}\u{feff}\u{3164}\u{2800} ";
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let admin = server.admin(&database, "root").await;
    let refused = async |path: &str, body: Value, field: &str, message: &str| {
        let answer = admin.post(path, body).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        let details = json!([{"field": field, "message": message}]);
        assert_eq!(answer.body["error"]["details"], details);
    };
    let mut nobody = sign_up(&email("ada"));
    nobody["firstName"] = BLANK.into();
    refused("/api/users", nobody, "firstName", "First name is required").await;
    let untitled = json!({"title": BLANK, "content": "Once upon a time"});
    refused("/api/posts", untitled, "title", "Title is required").await;
    let empty = json!({"title": "On Computing", "content": BLANK});
    refused("/api/posts", empty, "content", "Content is required").await;
    let nameless = json!({"name": BLANK, "priceCents": 1, "currency": "EUR", "stock": 1});
    refused("/api/products", nameless, "name", "Name is required").await;
    let nameless = json!({"name": BLANK});
    refused("/api/auth/tokens", nameless, "name", "Name is required").await;

    let mut ada = sign_up(&format!("{BLANK}{}{BLANK}", email("ada")));
    ada["firstName"] = format!("{BLANK}Ada\u{200d}Augusta{BLANK}").into();
    ada["lastName"] = BLANK.into();
    let created = server.anonymous().post("/api/users", ada).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["data"]["fullName"], "Ada\u{200d}Augusta");
    assert_eq!(created.body["data"]["email"], email("ada"));
    let searched = admin.get("/api/posts?status=%E2%80%8Bdraft%E3%85%A4").await;
    assert_eq!(searched.status, 200, "{}", searched.body);
}
