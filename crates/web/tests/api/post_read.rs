//! Section 4 of the contract: one post, by id and by slug, and what a view is.

use serde_json::json;

use crate::sample_post::{POST_PATH, deleted, draft, knowing, published};
use crate::support::{
    ADA, ADMIN, MODERATOR, Mocks, NOBODY, OTHER, STRANGER, ada, call, failure, get, post_id,
    user_id,
};

const SLUG_PATH: &str = "/api/posts/slug/on-computing";

/// An API that knows one post, and expects so many views of it.
fn viewing(times: usize) -> Mocks {
    let mut mocks = knowing(published());
    let record = mocks.views.expect_record().times(times);
    record.withf(|id| *id == post_id(7)).return_const(());
    mocks
}

#[tokio::test]
async fn a_post_is_shown_whole_with_its_author_but_no_email() {
    let router = viewing(2).router();
    for path in [POST_PATH, SLUG_PATH] {
        let answer = get(path).on(&router).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.text,
            format!(
                "{{\"success\":true,\"data\":{}}}",
                concat!(
                    r#"{"id":"00000000-0000-0000-0000-000000000007","title":"On Computing","#,
                    r#""slug":"on-computing","content":" Once upon a time\n","#,
                    r#""excerpt":"In short","status":"published","#,
                    r#""publishedAt":"2023-11-13T22:13:20.120Z","viewCount":41,"#,
                    r#""metadata":{"b":1.10,"a":[12345678901234567890123]},"#,
                    r#""author":{"id":"00000000-0000-0000-0000-000000000001","#,
                    r#""firstName":"Ada","lastName":"Lovelace","fullName":"Ada Lovelace"},"#,
                    r#""createdAt":"2023-11-14T22:13:20.120Z","#,
                    r#""updatedAt":"2023-11-14T22:13:20.120Z"}"#,
                )
            )
        );
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert!(answer.header("etag").starts_with("\"3-"), "{answer:?}");
    }
}

#[tokio::test]
async fn who_is_refused_has_not_seen_the_post() {
    let router = viewing(0).router();
    for path in [POST_PATH, SLUG_PATH] {
        for (tag, status) in [("\"2-0123456789abcdef\"", 412), ("junk", 400)] {
            let answer = get(path).header("if-match", tag).on(&router).await;
            assert_eq!(answer.status, status, "{path} {tag}");
        }
    }
    // The header is read before the post.
    let missing = get("/api/posts/slug/nowhere").header("if-match", "junk");
    assert_eq!(missing.on(&router).await.status, 400);
}

#[tokio::test]
async fn drafts_are_for_their_author_and_staff() {
    for (view, callers) in [
        (published(), [200, 200, 200, 200, 200]),
        (draft(), [404, 404, 200, 200, 200]),
        (deleted(), [404, 404, 404, 404, 200]),
    ] {
        let mut mocks = knowing(view.clone());
        mocks.views.expect_record().return_const(());
        let router = mocks.router();
        for (caller, expected) in [NOBODY, OTHER, ADA, MODERATOR, ADMIN]
            .into_iter()
            .zip(callers)
        {
            let answer = get(POST_PATH).by(caller).on(&router).await;
            assert_eq!(answer.status, expected, "{caller:?} {:?}", view.post.status);
            if expected == 404 {
                assert_eq!(answer.failure(), failure(404, "NOT_FOUND"));
                assert_eq!(answer.message(), "Post not found");
                assert_eq!(answer.header("etag"), "");
            } else {
                let is_deleted = answer.data()["deletedAt"].is_string();
                assert_eq!(is_deleted, !view.post.is_live());
            }
            // A deleted post has no slug.
            let by_slug = get(SLUG_PATH).by(caller).on(&router).await;
            let expected = if view.post.is_live() { expected } else { 404 };
            assert_eq!(by_slug.status, expected, "{caller:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_id_is_400_and_what_is_no_slug_404() {
    let router = Mocks::default().router();
    let answer = get("/api/posts/7").on(&router).await;
    assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
    assert_eq!(answer.fields(), ["id"]);
    let long = "a".repeat(251);
    for slug in [
        "On-Computing",
        "a--b",
        "-a",
        "a%20",
        "%FF",
        "a%00",
        "%20a",
        &long,
    ] {
        let answer = get(&format!("/api/posts/slug/{slug}")).on(&router).await;
        assert_eq!(answer.failure(), failure(404, "NOT_FOUND"), "{slug}");
        assert_eq!(answer.message(), "Post not found");
    }
    for path in [POST_PATH, SLUG_PATH] {
        let answer = get(&format!("{path}?a=1")).on(&router).await;
        assert_eq!(answer.fields(), ["a"]);
        let answer = get(path).by(STRANGER).on(&router).await;
        assert_eq!(answer.failure(), failure(401, "UNAUTHENTICATED"));
    }
}

#[tokio::test]
async fn an_old_slug_leads_to_the_present_one() {
    let mut mocks = knowing(published());
    mocks.settings.base_path = "/blog".to_owned();
    let router = mocks.router();
    let answer = get("/api/posts/slug/old-slug").on(&router).await;
    assert_eq!(answer.status, 308);
    assert_eq!(
        answer.header("location"),
        "/blog/api/posts/slug/on-computing"
    );
    assert_eq!(answer.header("cache-control"), "no-cache");
    assert_eq!(
        answer.json(),
        json!({"success": true, "data": {"slug": "on-computing"}})
    );
    let router = knowing(draft()).router();
    let answer = get("/api/posts/slug/old-slug").on(&router).await;
    assert_eq!(answer.failure(), failure(404, "NOT_FOUND"));
}

#[tokio::test]
async fn every_get_of_a_reader_is_one_view() {
    let router = viewing(3).router();
    let first = get(POST_PATH).on(&router).await;
    let etag = first.header("etag").to_owned();
    let again = get(SLUG_PATH)
        .header("if-none-match", &etag)
        .by(OTHER)
        .on(&router)
        .await;
    assert_eq!(again.status, 304);
    assert_eq!(get(POST_PATH).by(ADMIN).on(&router).await.status, 200);

    // What is not expected fails: no view by the author, of a draft, by HEAD, or of an
    // answer that leads elsewhere.
    let router = knowing(published()).router();
    assert_eq!(get(POST_PATH).by(ADA).on(&router).await.status, 200);
    for path in [POST_PATH, SLUG_PATH] {
        assert_eq!(call("HEAD", path).on(&router).await.status, 200);
    }
    let moved = get("/api/posts/slug/old-slug").on(&router).await;
    assert_eq!(moved.status, 308);
    let router = knowing(draft()).router();
    assert_eq!(get(POST_PATH).by(ADMIN).on(&router).await.status, 200);
}

#[tokio::test]
async fn a_view_changes_no_tag_but_the_authors_name_does() {
    let tag = async |view| {
        let mut mocks = knowing(view);
        mocks.views.expect_record().return_const(());
        let answer = get(POST_PATH).on(&mocks.router()).await;
        answer.header("etag").to_owned()
    };
    let first = tag(published()).await;
    let mut viewed = published();
    viewed.view_count += 1;
    assert_eq!(tag(viewed).await, first);
    let mut renamed = published();
    renamed.author.name.last = "King".parse().unwrap();
    assert_ne!(tag(renamed).await, first);
}

#[tokio::test]
async fn a_profile_shows_the_five_latest_posts() {
    let mut mocks = Mocks::default();
    mocks.users.expect_find().returning(|_, _| Ok(Some(ada())));
    mocks
        .posts
        .expect_latest_published()
        .returning(|id, limit| {
            assert_eq!((id, limit), (user_id(1), 5));
            let post = published().post;
            Ok(vec![hexpress_domain::post::PostHeadline {
                id: post.id,
                title: post.title,
                slug: post.slug,
                published_at: post.published_at.unwrap(),
            }])
        });
    let answer = get(crate::support::ADA_PATH).on(&mocks.router()).await;
    assert_eq!(
        answer.data()["posts"],
        json!([{
            "id": post_id(7).to_string(),
            "title": "On Computing",
            "slug": "on-computing",
            "publishedAt": "2023-11-13T22:13:20.120Z",
        }])
    );
}
