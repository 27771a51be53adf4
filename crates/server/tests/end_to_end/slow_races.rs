//! Callers who want the same thing at once.

use std::future::Future;

use rstest::rstest;
use serde_json::json;

use crate::support::{Answer, Kind, PASSWORD, Server, TestDatabase, email, sign_up};

pub async fn race<F>(calls: impl IntoIterator<Item = F>) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let calls: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}

pub fn count(answers: &[Answer], status: u16) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
}

#[rstest]
#[tokio::test]
async fn of_two_sign_ups_with_one_email_one_succeeds(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    for round in 0..5 {
        let answers = race((0..2).map(|_| {
            let anonymous = server.anonymous();
            async move {
                anonymous
                    .post("/api/users", sign_up(&email(&format!("ada{round}"))))
                    .await
            }
        }))
        .await;
        assert_eq!((count(&answers, 201), count(&answers, 409)), (1, 1));
    }
}

#[rstest]
#[tokio::test]
async fn of_fifty_changes_with_one_tag_one_succeeds(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let etag = ada.get(&ada.path()).await.etag;
    let answers = race((0..50).map(|number| {
        let (ada, etag) = (ada.clone(), etag.clone());
        async move {
            let body = json!({"firstName": format!("Ada {number}")});
            ada.patch_if(&etag, &ada.path(), body).await
        }
    }))
    .await;
    assert_eq!((count(&answers, 200), count(&answers, 412)), (1, 49));
}

#[rstest]
#[tokio::test]
async fn two_admins_who_demote_each_other_leave_one(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let first = server.admin(&database, "first").await;
    let second = server.admin(&database, "second").await;
    let pairs = [(first.clone(), second.path()), (second, first.path())];
    let answers =
        race(pairs.map(|(caller, path)| async move {
            caller.patch(&path, json!({"role": "user"})).await
        }))
        .await;
    // The slower one is refused by the rule, or is no admin any more by then.
    assert_eq!(count(&answers, 200), 1);
    assert_eq!(count(&answers, 409) + count(&answers, 403), 1);
    let admins = database
        .query_text("SELECT id FROM users WHERE role = 'admin'")
        .await;
    assert_eq!(admins.len(), 1);
}

#[rstest]
#[tokio::test]
async fn no_session_outlives_the_password_that_opened_it(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    for round in 0..10 {
        let name = format!("ada{round}");
        let ada = server.sign_up(&name).await;
        let anonymous = server.anonymous();
        let login = tokio::spawn(async move { anonymous.log_in(&email(&name), PASSWORD).await });
        let change = json!({"password": "battery staple", "currentPassword": PASSWORD});
        let changed = ada.patch(&ada.path(), change).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        let login = login.await.unwrap();
        if login.status == 200 {
            let token = login.body["data"]["token"].as_str().unwrap();
            assert!(!server.with_token(token).is_known().await);
        }
        assert!(ada.is_known().await);
    }
}
