//! `GET /api/posts`. What all lists have in common is tested with users.

use std::sync::{Arc, Mutex};

use axum::Router;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Direction, Page, Position, Sort, Total};
use hexpress_domain::post::{PostQuery, PostScope, PostSort, PostStatus};
use serde_json::json;

use crate::sample_post::published;
use crate::support::{ADA, ADMIN, MODERATOR, Mocks, NOBODY, OTHER, failure, get, user_id};

type Asked = Arc<Mutex<(PostScope, PostQuery)>>;

/// An API whose list always holds one post, and what it was last asked.
fn listing() -> (Router, Asked) {
    let asked = Asked::default();
    let noted = Arc::clone(&asked);
    let mut mocks = Mocks::default();
    mocks.posts.expect_list().returning(move |scope, query| {
        let mut post = published();
        post.content = post.content.filter(|_| query.filter.with_content);
        let page = Page {
            next: Some(query.sort.cursor(&post)),
            items: vec![post],
            total: query.page.count.then_some(Total::Exactly(42)),
        };
        *noted.lock().unwrap() = (scope, query);
        Ok(page)
    });
    (mocks.router(), asked)
}

#[tokio::test]
async fn a_list_leaves_the_content_out_unless_asked() {
    let (router, asked) = listing();
    let answer = get("/api/posts").on(&router).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    let keys: Vec<_> = body["data"][0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "id",
            "title",
            "slug",
            "excerpt",
            "status",
            "publishedAt",
            "viewCount",
            "metadata",
            "author",
            "createdAt",
            "updatedAt"
        ]
    );
    let cursor = body["pagination"]["nextCursor"].clone();
    assert!(cursor.is_string());
    assert_eq!(
        body["pagination"],
        json!({"page": 1, "limit": 10, "total": 42, "totalPages": 5, "nextCursor": cursor})
    );
    let plain = (PostScope::Published, PostQuery::default());
    assert_eq!(*asked.lock().unwrap(), plain);

    let answer = get("/api/posts?include=content&limit=20").on(&router).await;
    assert_eq!(answer.json()["data"][0]["content"], " Once upon a time\n");
    // A page may end early, so nobody can say how many there are.
    let pagination = &answer.json()["pagination"];
    assert_eq!(pagination["total"], 42);
    assert!(pagination.get("totalPages").is_none(), "{pagination}");
}

#[tokio::test]
async fn every_caller_lists_what_they_may_see() {
    let (router, asked) = listing();
    for (caller, scope) in [
        (NOBODY, PostScope::Published),
        (ADA, PostScope::PublishedOrBy(user_id(1))),
        (OTHER, PostScope::PublishedOrBy(user_id(2))),
        (MODERATOR, PostScope::All),
        (ADMIN, PostScope::All),
    ] {
        let answer = get("/api/posts?status=draft").by(caller).on(&router).await;
        assert_eq!(answer.status, 200);
        assert_eq!(asked.lock().unwrap().0, scope);
    }
}

#[tokio::test]
async fn a_query_is_understood() {
    let (router, asked) = listing();
    let author = user_id(9);
    let query = format!(
        "/api/posts?page=3&limit=100&sortBy=viewCount&order=AsC&search=%20100%25_+&status=archived\
         &authorId={author}&deleted=true&count=none"
    );
    let answer = get(&query).by(ADMIN).on(&router).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let (_, asked) = asked.lock().unwrap().clone();
    assert_eq!(
        asked.filter.search.as_ref().map(|s| s.folded()),
        Some("100%_")
    );
    assert_eq!(
        (
            asked.filter.status,
            asked.filter.author_id,
            asked.filter.liveness
        ),
        (Some(PostStatus::Archived), Some(author), Liveness::Deleted)
    );
    assert_eq!(
        (asked.sort, asked.direction),
        (PostSort::ViewCount, Direction::Ascending)
    );
    assert_eq!(asked.page.position, Position::Page("3".parse().unwrap()));
    assert_eq!((asked.page.size.get(), asked.page.count), (100, false));
    assert!(!asked.filter.with_content);
}

#[tokio::test]
async fn what_is_out_of_range_is_named() {
    let router = Mocks::default().router();
    for (query, fields) in [
        ("status=gone", vec!["status"]),
        ("authorId=7", vec!["authorId"]),
        ("include=author", vec!["include"]),
        ("include=content&limit=21", vec!["limit"]),
        ("include=content&page=1", vec!["page"]),
        ("limit=101", vec!["limit"]),
        ("sortBy=slug", vec!["sortBy"]),
        ("colour=red", vec!["colour"]),
        (
            "count=x&cursor=a&cursor=b&deleted=x&include=x&authorId=x&status=x&search=%00&order=x\
             &sortBy=x&limit=x&page=x",
            vec![
                "page", "limit", "sortBy", "order", "search", "status", "authorId", "include",
                "deleted", "cursor", "count",
            ],
        ),
    ] {
        let answer = get(&format!("/api/posts?{query}")).by(ADMIN);
        let answer = answer.on(&router).await;
        assert_eq!(
            answer.failure(),
            failure(400, "VALIDATION_ERROR"),
            "{query}"
        );
        assert_eq!(answer.fields(), fields, "{query}");
    }
    let answer = get("/api/posts?include=content&limit=50").on(&router).await;
    let (_, message) = answer.details().remove(0);
    assert_eq!(message, "Limit must be between 1 and 20");
}

#[tokio::test]
async fn a_cursor_continues_its_own_list_alone() {
    let (router, asked) = listing();
    for &sort in PostSort::ALL {
        let list = format!("/api/posts?status=published&sortBy={}", sort.as_str());
        let first = get(&list).on(&router).await;
        let cursor = first.json()["pagination"]["nextCursor"].clone();
        let cursor = cursor.as_str().unwrap();
        // How much of each post is shown is no part of what is listed.
        let next = get(&format!("{list}&include=content&cursor={cursor}"));
        assert_eq!(next.on(&router).await.status, 200);
        let position = asked.lock().unwrap().1.page.position.clone();
        assert_eq!(position, Position::After(sort.cursor(&published())));
        let other = get(&format!("{list}&search=x&cursor={cursor}"));
        assert_eq!(other.on(&router).await.fields(), ["cursor"]);
    }
}

#[tokio::test]
async fn deleted_posts_are_listed_for_admins() {
    let (router, _) = listing();
    for query in ["deleted=true", "deleted=false", "deleted=x"] {
        let path = format!("/api/posts?{query}");
        let answer = get(&path).by(NOBODY).on(&router).await;
        assert_eq!(answer.failure(), failure(401, "UNAUTHENTICATED"));
        for caller in [ADA, MODERATOR] {
            let answer = get(&path).by(caller).on(&router).await;
            assert_eq!(answer.failure(), failure(403, "FORBIDDEN"));
            assert_eq!(answer.fields(), ["deleted"]);
        }
    }
    let answer = get("/api/posts?deleted=true").by(ADMIN).on(&router).await;
    assert_eq!(answer.status, 200);
}
