//! Section 3 of the contract but for the list, row by row.

use hexpress_domain::auth::Verification;
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{LockedUser, PasswordHash, Role, User};
use serde_json::{Value, json};

use crate::support::{
    ADA, ADA_PATH, ADAS_PROGRAM, ADMIN, MODERATOR, Mocks, NOBODY, OTHER, STRANGER, ada, call,
    failure, get, now, patch, post, user_id,
};

fn sign_up() -> Value {
    json!({
        "email": "ada@example.org",
        "password": "correct horse",
        "firstName": "Ada",
        "lastName": "",
    })
}

fn taken<T>() -> Result<T, RepositoryError> {
    Err(RepositoryError::Duplicate(User::UNIQUE_EMAIL))
}

#[tokio::test]
async fn a_sign_up_answers_with_the_user_and_where_it_is() {
    let mut mocks = Mocks::default().hashing();
    mocks.settings.base_path = "/blog".to_owned();
    mocks.users.expect_insert().returning(|record| {
        Ok(User {
            id: record.id,
            name: record.name,
            role: record.role,
            ..ada()
        })
    });
    // Whoever signs up brings no token; one that is brought is not looked at.
    let answer = post("/api/users", sign_up())
        .by(STRANGER)
        .on(&mocks.router())
        .await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.message(), "User created successfully");
    let data = answer.data();
    assert_eq!(
        (&data["fullName"], &data["role"]),
        (&json!("Ada"), &json!("user"))
    );
    let location = format!("/blog/api/users/{}", user_id(100));
    assert_eq!(answer.header("location"), location);
    assert!(answer.header("etag").starts_with("\"3-"), "{answer:?}");
    assert!(!answer.text.contains("password"), "{}", answer.text);
}

#[tokio::test]
async fn a_sign_up_names_all_its_faults_in_the_schemas_order() {
    let router = Mocks::default().router();
    let empty = post("/api/users", json!({})).on(&router).await;
    assert_eq!(empty.failure(), failure(400, "VALIDATION_ERROR"));
    assert_eq!(empty.message(), "Validation failed");
    let details = [
        ("email", "Email is required"),
        ("password", "Password is required"),
        ("firstName", "First name is required"),
        ("lastName", "Last name is required"),
    ];
    assert_eq!(
        empty.details(),
        details.map(|(field, message)| (field.to_owned(), message.to_owned()))
    );

    let wrong = json!({
        "role": "admin",
        "lastName": null,
        "firstName": "x".repeat(101),
        "password": "short",
        "email": 5,
    });
    let answer = post("/api/users", wrong).on(&router).await;
    let details = [
        ("email", "Must be a string"),
        ("password", "Password must be at least 8 characters long"),
        (
            "firstName",
            "First name must be at most 100 characters long",
        ),
        ("lastName", "Must not be null"),
        ("role", "Is not known here"),
    ];
    assert_eq!(
        answer.details(),
        details.map(|(field, message)| (field.to_owned(), message.to_owned()))
    );
}

#[tokio::test]
async fn a_taken_email_is_named() {
    let mut mocks = Mocks::default().hashing();
    mocks.users.expect_insert().returning(|_| taken());
    let answer = post("/api/users", sign_up()).on(&mocks.router()).await;
    assert_eq!(answer.failure(), failure(409, "DUPLICATE_ERROR"));
    assert_eq!(answer.message(), "Resource already exists");
    let detail = (
        "email".to_owned(),
        "Email address is already registered".to_owned(),
    );
    assert_eq!(answer.details(), [detail]);
}

#[tokio::test]
async fn a_profile_shows_each_caller_what_they_may_see() {
    let router = Mocks::knowing(ada()).router();
    let keys = async |caller| {
        let answer = get(ADA_PATH).by(caller).on(&router).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.data()["posts"], json!([]));
        let keys = answer.data();
        keys.as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let public = [
        "id",
        "firstName",
        "lastName",
        "fullName",
        "createdAt",
        "posts",
    ];
    for caller in [NOBODY, OTHER] {
        assert_eq!(keys(caller).await, public);
    }
    let full = [
        "id",
        "email",
        "firstName",
        "lastName",
        "fullName",
        "role",
        "isActive",
        "lastLoginAt",
        "createdAt",
        "updatedAt",
        "posts",
    ];
    for caller in [ADA, ADAS_PROGRAM, MODERATOR, ADMIN] {
        assert_eq!(keys(caller).await, full);
    }
}

#[tokio::test]
async fn of_a_deleted_user_nothing_is_visible_but_to_admins() {
    let mut mocks = Mocks::default();
    let posts = &mut mocks.posts;
    posts.expect_latest_published().returning(|_, _| Ok(vec![]));
    let deleted = User {
        deleted_at: Some(now()),
        ..ada()
    };
    let locked = LockedUser {
        user: deleted.clone(),
        password_hash: PasswordHash::new("hash".into()),
        is_last_admin: false,
    };
    mocks.users.expect_find().returning(move |_, liveness| {
        let found = liveness == hexpress_domain::entity::Liveness::Any;
        Ok(found.then(|| deleted.clone()))
    });
    mocks.users.expect_change().returning(move |_, decide| {
        decide(&locked).map_err(RepositoryError::Refused)?;
        Ok(locked.user.clone())
    });
    let router = mocks.router();
    for caller in [NOBODY, OTHER, MODERATOR] {
        let answer = get(ADA_PATH).by(caller).on(&router).await;
        assert_eq!(answer.failure(), failure(404, "NOT_FOUND"));
        assert_eq!(answer.message(), "User not found");
    }
    let answer = get(ADA_PATH).by(ADMIN).on(&router).await;
    assert_eq!(answer.data()["deletedAt"], "2023-11-14T22:13:20.120Z");
    let changed = patch(ADA_PATH, json!({"firstName": "A"}))
        .by(ADMIN)
        .on(&router)
        .await;
    assert_eq!(changed.failure(), failure(409, "INVALID_STATE"));
}

#[tokio::test]
async fn a_change_answers_with_the_user_and_a_new_tag() {
    let router = Mocks::knowing(ada()).router();
    let before = get(ADA_PATH).by(ADA).on(&router).await;
    let body = json!({"firstName": " Augusta ", "lastName": ""});
    let answer = patch(ADA_PATH, body).by(ADA).on(&router).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.message(), "User updated successfully");
    assert_eq!(answer.data()["fullName"], "Augusta");
    assert_ne!(answer.header("etag"), before.header("etag"));
    assert!(answer.header("etag").starts_with("\"4-"));
}

#[tokio::test]
async fn a_change_of_nothing_moves_nothing() {
    let router = Mocks::knowing(ada()).router();
    for body in [
        json!({}),
        json!({"firstName": "Ada", "email": "ADA@example.org"}),
    ] {
        let answer = patch(ADA_PATH, body).by(ADA).on(&router).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.header("etag").starts_with("\"3-"));
    }
}

#[tokio::test]
async fn fields_that_others_may_send_are_forbidden_by_name() {
    let router = Mocks::knowing(ada()).router();
    for (caller, body, fields) in [
        (
            ADA,
            json!({"role": "admin", "isActive": true, "firstName": "A"}),
            vec!["role", "isActive"],
        ),
        (
            ADAS_PROGRAM,
            json!({"email": "new@example.org", "currentPassword": "x"}),
            vec!["email"],
        ),
        (
            ADAS_PROGRAM,
            json!({"password": "battery staple"}),
            vec!["password"],
        ),
        (
            ADMIN,
            json!({"currentPassword": "correct horse"}),
            vec!["currentPassword"],
        ),
        (OTHER, json!({"firstName": "A"}), vec![]),
        (MODERATOR, json!({"firstName": "A"}), vec![]),
    ] {
        let answer = patch(ADA_PATH, body.clone()).by(caller).on(&router).await;
        assert_eq!(answer.failure(), failure(403, "FORBIDDEN"), "{body}");
        assert_eq!(answer.fields(), fields, "{body}");
    }
}

#[tokio::test]
async fn an_admin_changes_everything_of_others_without_their_password() {
    let mocks = Mocks::knowing(ada()).hashing();
    let body = json!({
        "email": "new@example.org",
        "password": "battery staple",
        "role": "moderator",
        "isActive": false,
    });
    let answer = patch(ADA_PATH, body).by(ADMIN).on(&mocks.router()).await;
    let data = answer.data();
    assert_eq!(
        (&data["role"], &data["isActive"]),
        (&json!("moderator"), &json!(false))
    );
    assert_eq!(data["email"], "new@example.org");
}

#[tokio::test]
async fn a_missing_or_wrong_current_password_is_a_fault_of_that_field() {
    let router = Mocks::knowing(ada())
        .verifying(Verification::Mismatch)
        .router();
    for body in [
        json!({"email": "new@example.org"}),
        json!({"password": "battery staple"}),
        json!({"password": "battery staple", "currentPassword": "wrong"}),
        // What cannot be a password is as wrong as any other.
        json!({"password": "battery staple", "currentPassword": ""}),
        json!({"password": "battery staple", "currentPassword": "x".repeat(101)}),
    ] {
        let answer = patch(ADA_PATH, body).by(ADA).on(&router).await;
        assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
        let detail = (
            "currentPassword".to_owned(),
            "Current password is incorrect".to_owned(),
        );
        assert_eq!(answer.details(), [detail]);
    }
}

#[tokio::test]
async fn with_the_current_password_email_and_password_change() {
    let mocks = Mocks::knowing(ada()).hashing();
    let router = mocks
        .verifying(Verification::Match { outdated: false })
        .router();
    let body = json!({
        "email": "new@example.org",
        "password": "battery staple",
        "currentPassword": "correct horse",
    });
    let answer = patch(ADA_PATH, body).by(ADA).on(&router).await;
    assert_eq!(answer.data()["email"], "new@example.org");
}

#[tokio::test]
async fn a_deletion_answers_without_data() {
    for caller in [ADA, ADMIN] {
        let router = Mocks::knowing(ada()).router();
        let answer = call("DELETE", ADA_PATH).by(caller).on(&router).await;
        assert_eq!(
            answer.json(),
            json!({"success": true, "message": "User deleted successfully"})
        );
    }
    let router = Mocks::knowing(ada()).router();
    for (caller, expected) in [
        (NOBODY, failure(401, "UNAUTHENTICATED")),
        (OTHER, failure(403, "FORBIDDEN")),
        (MODERATOR, failure(403, "FORBIDDEN")),
        (ADAS_PROGRAM, failure(403, "FORBIDDEN")),
    ] {
        let answer = call("DELETE", ADA_PATH).by(caller).on(&router).await;
        assert_eq!(answer.failure(), expected);
    }
}

#[tokio::test]
async fn the_last_active_admin_stays() {
    let router = Mocks::knowing_locked(LockedUser {
        user: User {
            role: Role::Admin,
            ..ada()
        },
        password_hash: PasswordHash::new("hash".into()),
        is_last_admin: true,
    })
    .router();
    for call in [
        patch(ADA_PATH, json!({"role": "user"})),
        patch(ADA_PATH, json!({"isActive": false})),
        call("DELETE", ADA_PATH),
    ] {
        let answer = call.by(ADMIN).on(&router).await;
        assert_eq!(answer.failure(), failure(409, "INVALID_STATE"));
    }
}

#[tokio::test]
async fn restoring_is_for_admins_and_answers_with_the_user() {
    let restore = format!("{ADA_PATH}/restore");
    let deleted = || User {
        deleted_at: Some(now()),
        ..ada()
    };
    let router = Mocks::knowing(deleted()).router();
    let answer = call("POST", &restore).by(ADMIN).on(&router).await;
    assert_eq!(answer.message(), "User restored successfully");
    assert_eq!(answer.data()["id"], user_id(1).to_string());
    assert!(answer.header("etag").starts_with("\"4-"));
    for (caller, expected) in [
        (NOBODY, failure(401, "UNAUTHENTICATED")),
        (ADA, failure(403, "FORBIDDEN")),
        (MODERATOR, failure(403, "FORBIDDEN")),
    ] {
        let answer = call("POST", &restore).by(caller).on(&router).await;
        assert_eq!(answer.failure(), expected);
    }

    let live = Mocks::knowing(ada()).router();
    let answer = call("POST", &restore).by(ADMIN).on(&live).await;
    assert_eq!(answer.failure(), failure(409, "INVALID_STATE"));

    let mut mocks = Mocks::default();
    mocks.users.expect_change().returning(|_, _| taken());
    let answer = call("POST", &restore).by(ADMIN).on(&mocks.router()).await;
    assert_eq!(answer.failure(), failure(409, "DUPLICATE_ERROR"));
    assert_eq!(answer.fields(), ["email"]);
}
