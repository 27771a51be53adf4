//! `GET /api/users/{id}/stats` and `/analytics`.

use chrono::DateTime;
use hexpress_domain::post::{MonthlyPosts, PostStatus, StatusCount};
use serde_json::json;

use crate::support::{ADA, ADA_PATH, ADMIN, MODERATOR, Mocks, NOBODY, OTHER, ada, failure, get};

fn counting() -> Mocks {
    let mut mocks = Mocks::knowing(ada());
    mocks.posts.expect_count_by_status().returning(|_| {
        Ok(vec![StatusCount {
            status: PostStatus::Published,
            count: 3,
            total_views: 5_000_000_000,
        }])
    });
    mocks.posts.expect_count_by_month().returning(|_, _| {
        Ok(vec![MonthlyPosts {
            month: DateTime::from_timestamp(1_793_491_200, 0).unwrap(),
            post_count: 3,
            total_views: 10,
        }])
    });
    mocks
}

#[tokio::test]
async fn statistics_always_name_all_statuses_and_sums_are_numbers() {
    let router = counting().router();
    let path = format!("{ADA_PATH}/stats");
    for caller in [ADA, MODERATOR, ADMIN] {
        let answer = get(&path).by(caller).on(&router).await;
        assert_eq!(
            answer.json(),
            json!({"success": true, "data": [
                {"status": "draft", "count": 0, "totalViews": 0},
                {"status": "published", "count": 3, "totalViews": 5_000_000_000_u64},
                {"status": "archived", "count": 0, "totalViews": 0},
            ]})
        );
    }
}

#[tokio::test]
async fn analytics_name_months_by_their_first_instant() {
    let answer = get(&format!("{ADA_PATH}/analytics")).by(ADA);
    let answer = answer.on(&counting().router()).await;
    assert_eq!(
        answer.json(),
        json!({"success": true, "data": [{
            "month": "2026-11-01T00:00:00.000Z",
            "postCount": 3,
            "totalViews": 10,
            "avgViews": 3.33,
        }]})
    );
}

#[tokio::test]
async fn both_are_for_the_author_and_staff() {
    let router = counting().router();
    for path in ["stats", "analytics"] {
        for (user, caller, expected) in [
            (ADA_PATH, NOBODY, failure(401, "UNAUTHENTICATED")),
            (ADA_PATH, OTHER, failure(403, "FORBIDDEN")),
            (
                "/api/users/00000000-0000-0000-0000-000000000404",
                OTHER,
                failure(404, "NOT_FOUND"),
            ),
            ("/api/users/1", OTHER, failure(400, "VALIDATION_ERROR")),
        ] {
            let answer = get(&format!("{user}/{path}")).by(caller).on(&router).await;
            assert_eq!(answer.failure(), expected, "{user} {path}");
        }
        let answer = get(&format!("{ADA_PATH}/{path}?a=1")).by(ADA).on(&router);
        assert_eq!(answer.await.fields(), ["a"]);
    }
}
