//! `GET /api/users`, and what all lists have in common.

use std::sync::{Arc, Mutex};

use axum::Router;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Direction, Page, Position, Total};
use hexpress_domain::user::{Role, UserQuery, UserSort};
use serde_json::{Value, json};

use crate::support::{ADA, ADMIN, Answer, MODERATOR, Mocks, NOBODY, ada, failure, get, user_id};

/// An API whose list always holds Ada, and the last query that it was asked.
fn listing(total: Option<Total>) -> (Router, Arc<Mutex<UserQuery>>) {
    let asked = Arc::new(Mutex::new(UserQuery::default()));
    let noted = Arc::clone(&asked);
    let mut mocks = Mocks::default();
    mocks.users.expect_list().returning(move |query| {
        let next = Some(query.sort.cursor(&ada()));
        *noted.lock().unwrap() = query;
        Ok(Page {
            items: vec![ada()],
            total: total.filter(|_| noted.lock().unwrap().page.count),
            next,
        })
    });
    (mocks.router(), asked)
}

async fn list(router: &Router, query: &str) -> Answer {
    get(&format!("/api/users{query}"))
        .by(ADMIN)
        .on(router)
        .await
}

fn keys(object: &Value) -> Vec<&str> {
    let keys = object.as_object().unwrap().keys();
    keys.map(String::as_str).collect()
}

#[tokio::test]
async fn a_list_is_the_first_ten_by_default() {
    let (router, asked) = listing(Some(Total::Exactly(42)));
    let answer = list(&router, "").await;
    assert_eq!(answer.status, 200);
    let cursor = answer.json()["pagination"]["nextCursor"].clone();
    assert!(cursor.is_string(), "{answer:?}");
    assert_eq!(
        answer.json(),
        json!({
            "success": true,
            "data": [{
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
            }],
            "pagination": {
                "page": 1,
                "limit": 10,
                "total": 42,
                "totalPages": 5,
                "nextCursor": cursor,
            },
        })
    );
    assert_eq!(*asked.lock().unwrap(), UserQuery::default());
}

#[tokio::test]
async fn a_query_is_understood() {
    let (router, asked) = listing(None);
    let query = "?page=3&limit=100&sortBy=lastLoginAt&order=AsC&search=%20100%25_+&role=moderator\
                 &isActive=false&deleted=true&count=none";
    let answer = list(&router, query).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let asked = asked.lock().unwrap().clone();
    assert_eq!(
        asked.filter.search.as_ref().map(|s| s.folded()),
        Some("100%_")
    );
    assert_eq!(
        (asked.filter.role, asked.filter.is_active),
        (Some(Role::Moderator), Some(false))
    );
    assert_eq!(asked.filter.liveness, Liveness::Deleted);
    assert_eq!(
        (asked.sort, asked.direction),
        (UserSort::LastLoginAt, Direction::Ascending)
    );
    assert_eq!(asked.page.position, Position::Page("3".parse().unwrap()));
    assert_eq!((asked.page.size.get(), asked.page.count), (100, false));
    let pagination = answer.json()["pagination"].clone();
    assert_eq!(keys(&pagination), ["page", "limit", "nextCursor"]);
    assert_eq!(
        (&pagination["page"], &pagination["limit"]),
        (&json!(3), &json!(100))
    );
}

#[tokio::test]
async fn blanks_around_a_parameter_are_dropped() {
    let (router, asked) = listing(None);
    for query in [
        "?page=+2",
        "?limit=5+",
        "?sortBy=%20email",
        "?order=asc%20",
        "?role=%20admin",
        "?isActive=%09true",
        "?deleted=true+",
        "?count=+none",
    ] {
        let answer = list(&router, query).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
    }
    let answer = list(&router, "?sortBy=%20email&order=asc%20").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let asked = asked.lock().unwrap().clone();
    assert_eq!(
        (asked.sort, asked.direction),
        (UserSort::Email, Direction::Ascending)
    );
}

#[tokio::test]
async fn totals_say_what_they_are() {
    let exactly = |total, pages| json!({"total": total, "totalPages": pages});
    for (total, shown) in [
        (Total::Exactly(0), exactly(0, 0)),
        (Total::Exactly(10), exactly(10, 1)),
        (Total::Exactly(11), exactly(11, 2)),
        (
            Total::MoreThan(10_000),
            json!({"total": 10_000, "totalPages": 1_000, "totalIsMinimum": true}),
        ),
    ] {
        let (router, _) = listing(Some(total));
        let mut pagination = list(&router, "").await.json()["pagination"].clone();
        let found = pagination.as_object_mut().unwrap();
        for other in ["page", "limit", "nextCursor"] {
            assert!(found.remove(other).is_some(), "{other}");
        }
        assert_eq!(pagination, shown);
    }
}

#[tokio::test]
async fn the_last_page_has_no_cursor_and_says_so() {
    let mut mocks = Mocks::default();
    mocks.users.expect_list().returning(|_| {
        Ok(Page {
            items: Vec::new(),
            total: Some(Total::Exactly(0)),
            next: None,
        })
    });
    let answer = list(&mocks.router(), "").await;
    assert_eq!(
        answer.json(),
        json!({
            "success": true,
            "data": [],
            "pagination": {
                "page": 1,
                "limit": 10,
                "total": 0,
                "totalPages": 0,
                "nextCursor": null,
            },
        })
    );
}

#[tokio::test]
async fn an_empty_search_is_none() {
    let (router, asked) = listing(None);
    assert_eq!(list(&router, "?search=&count=none").await.status, 200);
    assert_eq!(asked.lock().unwrap().filter.search, None);
}

#[tokio::test]
async fn what_is_out_of_range_is_named_and_never_clamped() {
    let router = Mocks::default().router();
    for (query, fields) in [
        ("?page=0", vec!["page"]),
        ("?page=-1", vec!["page"]),
        ("?page=x&limit=101", vec!["page", "limit"]),
        ("?limit=0", vec!["limit"]),
        ("?limit=%2B5&page=%2B1", vec!["page", "limit"]),
        ("?order=up", vec!["order"]),
        ("?sortBy=password", vec!["sortBy"]),
        ("?count=all", vec!["count"]),
        (
            "?role=root&isActive=1&deleted=yes",
            vec!["role", "isActive", "deleted"],
        ),
        ("?search=%00", vec!["search"]),
        ("?limit=1&limit=2", vec!["limit"]),
        ("?colour=red&limit=0", vec!["limit", "colour"]),
        ("?search=%FF", vec!["query"]),
        ("?cursor=junk", vec!["cursor"]),
        ("?cursor=junk&page=2", vec!["page", "cursor"]),
        ("?cursor=junk&limit=0", vec!["limit", "cursor"]),
        (
            "?count=x&cursor=a&cursor=b&deleted=x&isActive=x&role=x&search=%00&order=x&sortBy=x\
             &limit=x&page=x",
            vec![
                "page", "limit", "sortBy", "order", "search", "role", "isActive", "deleted",
                "cursor", "count",
            ],
        ),
    ] {
        let answer = list(&router, query).await;
        assert_eq!(
            answer.failure(),
            failure(400, "VALIDATION_ERROR"),
            "{query}"
        );
        assert_eq!(answer.fields(), fields, "{query}");
    }
    let long = format!("?search={}", "x".repeat(201));
    assert_eq!(list(&router, &long).await.fields(), ["search"]);
}

#[tokio::test]
async fn a_page_however_large_is_no_fault() {
    let (router, _) = listing(Some(Total::Exactly(1)));
    for page in ["9223372036854775807", "99999999999999999999999"] {
        let answer = list(&router, &format!("?page={page}")).await;
        assert_eq!(answer.status, 200, "{page}");
    }
}

#[tokio::test]
async fn a_cursor_continues_its_own_list_alone() {
    let (router, asked) = listing(Some(Total::Exactly(42)));
    let first = list(&router, "?sortBy=email&role=user&limit=1").await;
    let cursor = first.json()["pagination"]["nextCursor"].clone();
    let cursor = cursor.as_str().unwrap();

    // Neither the size of the page nor the count are part of what is listed.
    let query = format!("?sortBy=email&role=user&limit=5&count=none&cursor={cursor}");
    let next = list(&router, &query).await;
    assert_eq!(next.status, 200, "{next:?}");
    assert_eq!(keys(&next.json()["pagination"]), ["limit", "nextCursor"]);
    let continued = asked.lock().unwrap().page.position.clone();
    assert_eq!(continued, Position::After(UserSort::Email.cursor(&ada())));

    for other in [
        "sortBy=firstName&role=user",
        "sortBy=email",
        "sortBy=email&role=user&order=asc",
    ] {
        let answer = list(&router, &format!("?{other}&cursor={cursor}")).await;
        assert_eq!(
            answer.failure(),
            failure(400, "VALIDATION_ERROR"),
            "{other}"
        );
        assert_eq!(answer.fields(), ["cursor"], "{other}");
    }
    // Whose cursor it is can only be said of a list that is known.
    for (other, field) in [
        ("sortBy=mail&role=user", "sortBy"),
        ("sortBy=email&role=user&order=up", "order"),
        ("sortBy=email&role=users", "role"),
        ("sortBy=email&role=user&isActive=x", "isActive"),
    ] {
        let answer = list(&router, &format!("?{other}&cursor={cursor}")).await;
        assert_eq!(answer.fields(), [field], "{other}");
    }
    let both = list(
        &router,
        &format!("?sortBy=email&role=user&page=2&cursor={cursor}"),
    )
    .await;
    assert_eq!(both.fields(), ["page"]);
}

#[tokio::test]
async fn a_list_is_for_moderators_and_admins_and_the_deleted_for_admins() {
    let (router, _) = listing(None);
    let status = async |caller, query: &str| {
        let answer = get(&format!("/api/users{query}"))
            .by(caller)
            .on(&router)
            .await;
        (answer.status.as_u16(), answer)
    };
    assert_eq!(status(NOBODY, "?page=x").await.0, 401);
    assert_eq!(status(ADA, "?page=x").await.0, 403);
    assert_eq!(status(MODERATOR, "").await.0, 200);
    assert_eq!(status(ADMIN, "?deleted=true").await.0, 200);
    for query in ["?deleted=true", "?deleted=false", "?deleted=x"] {
        let (_, answer) = status(MODERATOR, query).await;
        assert_eq!(answer.failure(), failure(403, "FORBIDDEN"));
        assert_eq!(answer.fields(), ["deleted"]);
    }
}
