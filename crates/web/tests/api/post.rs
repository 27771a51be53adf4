//! Section 4 of the contract: writing posts.

use hexpress_domain::auth::CREDENTIALS_CHANGED;
use hexpress_domain::post::{LockedPost, NewSlug, Post, PostStatus};
use hexpress_domain::repository::RepositoryError;
use serde_json::{Value, json};

use crate::sample_post::{POST_PATH, deleted, draft, knowing, published, stored};
use crate::support::{
    ADA, ADAS_PROGRAM, ADMIN, MODERATOR, Mocks, NOBODY, OTHER, STRANGER, call, failure, patch,
    post, post_id,
};

fn new_post() -> Value {
    json!({"title": " On Computing ", "content": " Once upon a time\n"})
}

/// An API that stores every post.
fn storing() -> Mocks {
    let mut mocks = Mocks::default();
    let posts = &mut mocks.posts;
    posts.expect_insert().returning(|record| Ok(stored(record)));
    mocks
}

fn pairs(details: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(field, message): &(&str, &str)| ((*field).to_owned(), (*message).to_owned());
    details.iter().map(owned).collect()
}

#[tokio::test]
async fn a_new_post_is_a_draft_of_the_caller() {
    let mut mocks = storing();
    mocks.settings.base_path = "/blog".to_owned();
    let router = mocks.router();
    let answer = post("/api/posts", new_post()).by(ADA).on(&router).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.message(), "Post created successfully");
    let location = format!("/blog/api/posts/{}", post_id(100));
    assert_eq!(answer.header("location"), location);
    assert!(answer.header("etag").starts_with("\"1-"), "{answer:?}");
    let data = answer.data();
    for (field, value) in [
        ("title", json!("On Computing")),
        ("content", json!(" Once upon a time\n")),
        ("excerpt", json!(null)),
        ("status", json!("draft")),
        ("publishedAt", json!(null)),
        ("viewCount", json!(0)),
        ("metadata", json!({})),
    ] {
        assert_eq!(data[field], value, "{field}");
    }
    for caller in [ADAS_PROGRAM, MODERATOR] {
        let answer = post("/api/posts", new_post()).by(caller).on(&router).await;
        assert_eq!(answer.status, 201, "{caller:?}");
    }
}

#[tokio::test]
async fn a_new_post_may_be_published_at_once_under_a_chosen_slug() {
    let mut mocks = Mocks::default();
    mocks.posts.expect_insert().returning(|record| {
        assert_eq!(record.slug, NewSlug::Named("engines".parse().unwrap()));
        Ok(stored(record))
    });
    let body = json!({
        "title": "On Computing",
        "content": "Once",
        "excerpt": null,
        "status": "published",
        "slug": " engines ",
        "metadata": {"tags": ["a"]},
    });
    let answer = post("/api/posts", body).by(ADA).on(&mocks.router()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let data = answer.data();
    assert_eq!(data["publishedAt"], "2023-11-14T22:13:20.120Z");
    assert_eq!(data["metadata"], json!({"tags": ["a"]}));
}

#[tokio::test]
async fn metadata_come_back_as_they_went_in() {
    let metadata = r#"{"z":1.10,"a":[12345678901234567890123,-0,1e300,"\u00e4\ud83e\udd80"]}"#;
    let body = format!(r#"{{"title":"Abc","content":"x","metadata": {metadata} }}"#);
    let call = call("POST", "/api/posts").body("application/json", &body);
    let answer = call.by(ADA).on(&storing().router()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert!(answer.text.contains(&format!("\"metadata\":{metadata}")));
}

#[tokio::test]
async fn a_form_serves_as_well_but_for_metadata() {
    let router = storing().router();
    let form = |body| call("POST", "/api/posts").form(body).by(ADA);
    let answer = form("title=On+Computing&content=Once&status=published&excerpt=").on(&router);
    let data = answer.await.data();
    assert_eq!(
        (&data["excerpt"], &data["status"]),
        (&json!(""), &json!("published"))
    );
    let answer = form("title=On+Computing&content=Once&metadata=%7B%7D")
        .on(&router)
        .await;
    assert_eq!(
        answer.details(),
        pairs(&[("metadata", "Must be a JSON object")])
    );
}

#[tokio::test]
async fn all_faults_are_named_in_the_schemas_order() {
    let router = Mocks::default().router();
    let answer = post("/api/posts", json!({})).by(ADA).on(&router).await;
    assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
    assert_eq!(
        answer.details(),
        pairs(&[
            ("title", "Title is required"),
            ("content", "Content is required"),
        ])
    );
    let body = json!({
        "viewCount": 7,
        "slug": "On Computing",
        "metadata": [],
        "status": "archived",
        "excerpt": "x".repeat(501),
        "content": " ",
        "title": "ab",
        "authorId": "00000000-0000-0000-0000-000000000001",
    });
    let answer = post("/api/posts", body).by(ADA).on(&router).await;
    assert_eq!(
        answer.details(),
        pairs(&[
            ("title", "Title must be between 3 and 200 characters"),
            ("content", "Content is required"),
            ("excerpt", "Excerpt must be at most 500 characters long"),
            ("status", "Status must be one of: draft, published"),
            ("metadata", "Must be a JSON object"),
            (
                "slug",
                "Slug must be lower-case letters and digits with single hyphens between them"
            ),
            ("viewCount", "Is not known here"),
            ("authorId", "Is not known here"),
        ])
    );
}

#[tokio::test]
async fn hostile_bodies_are_answered_as_the_contract_says() {
    let router = storing().router();
    let send = async |body: String| {
        let call = call("POST", "/api/posts").body("application/json", &body);
        call.by(ADA).on(&router).await
    };
    let with = |fields: &str| format!(r#"{{"title":"Abc","content":"x",{fields}}}"#);
    let nested = |levels: usize| {
        let inner = levels - 1;
        with(&format!(
            r#""metadata":{{"a":{}{}}}"#,
            "[".repeat(inner),
            "]".repeat(inner)
        ))
    };
    assert_eq!(send(nested(64)).await.status, 201);
    for body in [
        nested(65),
        nested(10_000),
        with(r#""metadata":{"a":"\u0000"}"#),
    ] {
        assert_eq!(send(body).await.fields(), ["metadata"]);
    }
    let large = format!(r#""metadata":{{"a":"{}"}}"#, "x".repeat(64 * 1024));
    assert_eq!(send(with(&large)).await.fields(), ["metadata"]);
    for fields in [
        r#""excerpt":"\ud800""#,
        r#""metadata":{"a":"\udc00"}"#,
        r#""metadata":{"a":1,"a":2}"#,
        r#""metadata":{"a":1e400}"#,
        r#""title":"Abd""#,
    ] {
        let answer = send(with(fields)).await;
        assert_eq!(answer.failure(), failure(400, "INVALID_JSON"), "{fields}");
    }
    let nul = send(r#"{"title":"Ab\u0000c","content":"\u0000","slug":"a\u0000"}"#.to_owned()).await;
    assert_eq!(nul.fields(), ["title", "content", "slug"]);
    let long = format!(r#"{{"title":"Abc","content":"{}"}}"#, "x".repeat(1_000_001));
    assert_eq!(send(long).await.fields(), ["content"]);
    let longest = format!(
        r#"{{"title":"Abc","content":"{}"}}"#,
        "🦀".repeat(1_000_000)
    );
    assert_eq!(send(longest).await.status, 201);
}

#[tokio::test]
async fn a_body_may_be_as_long_as_configured() {
    let mut mocks = storing();
    mocks.settings.post_body_limit = 100_000;
    let router = mocks.router();
    let body = |length: usize| {
        let frame = r#"{"title":"Abc","content":""}"#.len();
        format!(
            r#"{{"title":"Abc","content":"{}"}}"#,
            "x".repeat(length - frame)
        )
    };
    for (length, status) in [(100_000, 201), (100_001, 413)] {
        let call = call("POST", "/api/posts").body("application/json", &body(length));
        assert_eq!(call.by(ADA).on(&router).await.status, status);
    }
}

#[tokio::test]
async fn writing_needs_an_account_that_is_still_there() {
    let router = storing().router();
    let answer = post("/api/posts", json!({})).by(NOBODY).on(&router).await;
    assert_eq!(answer.failure(), failure(401, "UNAUTHENTICATED"));
    let answer = post("/api/posts", json!({})).by(STRANGER).on(&router).await;
    assert_eq!(answer.failure(), failure(401, "UNAUTHENTICATED"));

    let mut mocks = Mocks::default();
    mocks
        .posts
        .expect_insert()
        .returning(|_| Err(RepositoryError::Conflict(CREDENTIALS_CHANGED)));
    let router = mocks.router();
    let answer = post("/api/posts", new_post()).by(ADA).on(&router).await;
    assert_eq!(answer.failure(), failure(401, "UNAUTHENTICATED"));
}

#[tokio::test]
async fn a_taken_slug_is_named() {
    let taken = || Err(RepositoryError::Duplicate(Post::UNIQUE_SLUG));
    let mut mocks = Mocks::default();
    mocks.posts.expect_insert().returning(move |_| taken());
    mocks.posts.expect_change().returning(move |_, _| taken());
    let router = mocks.router();
    let mut body = new_post();
    body["slug"] = json!("engines");
    for call in [
        post("/api/posts", body),
        patch(POST_PATH, json!({"slug": "engines"})),
    ] {
        let answer = call.by(ADA).on(&router).await;
        assert_eq!(answer.failure(), failure(409, "DUPLICATE_ERROR"));
        assert_eq!(answer.message(), "Resource already exists");
        assert_eq!(
            answer.details(),
            pairs(&[("slug", "Slug is already taken")])
        );
    }
}

#[tokio::test]
async fn a_patch_changes_what_it_names() {
    let router = knowing(draft()).router();
    let body = json!({"title": "On Engines", "excerpt": null, "metadata": {}});
    let answer = patch(POST_PATH, body).by(ADA).on(&router).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.message(), "Post updated successfully");
    assert!(answer.header("etag").starts_with("\"4-"), "{answer:?}");
    let data = answer.data();
    assert_eq!(data["title"], "On Engines");
    assert_eq!(
        (&data["excerpt"], &data["metadata"]),
        (&json!(null), &json!({}))
    );

    // Nothing new, nothing moves.
    for body in [
        json!({}),
        json!({"title": "On Computing ", "excerpt": "In short"}),
    ] {
        let answer = patch(POST_PATH, body).by(ADA).on(&router).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("etag").starts_with("\"3-"), "{answer:?}");
    }
}

#[tokio::test]
async fn who_may_change_what() {
    let router = knowing(published()).router();
    let answer = async |caller, body| patch(POST_PATH, body).by(caller).on(&router).await;
    let retitle = || json!({"title": "On Engines", "status": "draft", "slug": "engines"});
    for caller in [ADA, ADAS_PROGRAM, ADMIN] {
        assert_eq!(answer(caller, retitle()).await.status, 200, "{caller:?}");
    }
    let moderator = answer(MODERATOR, retitle()).await;
    assert_eq!(moderator.failure(), failure(403, "FORBIDDEN"));
    assert_eq!(moderator.fields(), ["title", "slug"]);
    assert_eq!(
        answer(MODERATOR, json!({"status": "archived"}))
            .await
            .status,
        200
    );
    let other = answer(OTHER, json!({"status": "archived"})).await;
    assert_eq!(other.failure(), failure(403, "FORBIDDEN"));
    assert!(other.details().is_empty());
    let nobody = answer(NOBODY, retitle()).await;
    assert_eq!(nobody.failure(), failure(401, "UNAUTHENTICATED"));

    let router = knowing(draft()).router();
    let invisible = patch(POST_PATH, retitle()).by(OTHER).on(&router).await;
    assert_eq!(invisible.failure(), failure(404, "NOT_FOUND"));
}

#[tokio::test]
async fn the_status_moves_along_the_machine_alone() {
    for (view, target, status) in [
        (draft(), "published", 200),
        (draft(), "archived", 409),
        (published(), "draft", 200),
        (published(), "archived", 200),
    ] {
        let router = knowing(view).router();
        let body = json!({"status": target});
        let answer = patch(POST_PATH, body).by(ADA).on(&router).await;
        assert_eq!(answer.status, status, "{target}: {answer:?}");
        if status == 409 {
            assert_eq!(answer.failure(), failure(409, "INVALID_STATE"));
            assert_eq!(
                answer.message(),
                "A post that is draft cannot become archived"
            );
        }
    }
    let router = Mocks::default().router();
    let answer = patch(POST_PATH, json!({"status": "gone"}))
        .by(ADA)
        .on(&router);
    assert_eq!(
        answer.await.details(),
        pairs(&[(
            "status",
            "Status must be one of: draft, published, archived"
        )])
    );
}

#[tokio::test]
async fn a_draft_is_published_by_its_author_and_staff() {
    let path = format!("{POST_PATH}/publish");
    let router = knowing(draft()).router();
    for caller in [ADA, MODERATOR, ADMIN] {
        let answer = call("POST", &path).by(caller).on(&router).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.message(), "Post published successfully");
        assert_eq!(answer.data()["publishedAt"], "2023-11-14T22:13:20.120Z");
        assert!(answer.header("etag").starts_with("\"4-"));
    }
    let router = knowing(published()).router();
    for (caller, expected) in [
        (ADA, failure(409, "INVALID_STATE")),
        (OTHER, failure(403, "FORBIDDEN")),
        (NOBODY, failure(401, "UNAUTHENTICATED")),
    ] {
        let answer = call("POST", &path).by(caller).on(&router).await;
        assert_eq!(answer.failure(), expected);
    }
    let answer = post(&path, json!({"status": "draft"})).by(ADA).on(&router);
    assert_eq!(answer.await.fields(), ["status"]);
}

#[tokio::test]
async fn a_deletion_leaves_nothing_to_show_and_a_restoration_the_post() {
    let router = knowing(published()).router();
    for caller in [ADA, MODERATOR, ADMIN] {
        let answer = call("DELETE", POST_PATH).by(caller).on(&router).await;
        assert_eq!(
            answer.json(),
            json!({"success": true, "message": "Post deleted successfully"})
        );
    }
    let other = call("DELETE", POST_PATH).by(OTHER).on(&router).await;
    assert_eq!(other.failure(), failure(403, "FORBIDDEN"));

    let restore = format!("{POST_PATH}/restore");
    let live = call("POST", &restore).by(ADMIN).on(&router).await;
    assert_eq!(live.failure(), failure(409, "INVALID_STATE"));
    assert_eq!(live.message(), "Post is not deleted");
    for caller in [ADA, MODERATOR] {
        let answer = call("POST", &restore).by(caller).on(&router).await;
        assert_eq!(answer.failure(), failure(403, "FORBIDDEN"));
    }
    let router = knowing(deleted()).router();
    let answer = call("POST", &restore).by(ADMIN).on(&router).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.message(), "Post restored successfully");
    assert_eq!(answer.data()["status"], "published");
}

#[tokio::test]
async fn what_stands_against_a_change_of_a_deleted_post_is_said() {
    let router = knowing(deleted()).router();
    for call in [
        patch(POST_PATH, json!({"title": "On Engines"})),
        call("POST", &format!("{POST_PATH}/publish")),
        call("DELETE", POST_PATH),
    ] {
        let answer = call.by(ADMIN).on(&router).await;
        assert_eq!(answer.failure(), failure(409, "INVALID_STATE"));
        assert_eq!(answer.message(), "Post is deleted; restore it first");
    }
    let mut mocks = Mocks::default();
    mocks.posts.expect_change().returning(|_, decide| {
        let locked = LockedPost {
            post: deleted().post,
            content: deleted().content.unwrap(),
            is_author_deleted: true,
        };
        decide(&locked).map_err(RepositoryError::Refused)?;
        Ok(published())
    });
    let restore = call("POST", &format!("{POST_PATH}/restore")).by(ADMIN);
    let answer = restore.on(&mocks.router()).await;
    assert_eq!(answer.failure(), failure(409, "INVALID_STATE"));
    assert_eq!(
        answer.message(),
        "The author of the post is deleted; restore the author first"
    );
}

#[tokio::test]
async fn writes_on_condition_need_the_version() {
    let mut archived = published();
    archived.post.status = PostStatus::Archived;
    let calls = || {
        [
            (draft(), patch(POST_PATH, json!({"title": "On Engines"}))),
            (draft(), call("POST", &format!("{POST_PATH}/publish"))),
            (draft(), call("DELETE", POST_PATH)),
            (deleted(), call("POST", &format!("{POST_PATH}/restore"))),
        ]
    };
    for (tag, status) in [
        ("\"3-0123456789abcdef\"", 200),
        ("*", 200),
        ("\"2-0123456789abcdef\"", 412),
        ("W/\"3-0123456789abcdef\"", 412),
        ("junk", 400),
    ] {
        for (view, call) in calls() {
            let call = call.by(ADMIN).header("if-match", tag);
            let answer = call.on(&knowing(view).router()).await;
            assert_eq!(answer.status, status, "{tag}: {answer:?}");
        }
    }
    // The precondition comes before the state.
    let publish = call("POST", &format!("{POST_PATH}/publish")).by(ADMIN);
    let publish = publish.header("if-match", "\"2-0123456789abcdef\"");
    assert_eq!(publish.on(&knowing(archived).router()).await.status, 412);
}
