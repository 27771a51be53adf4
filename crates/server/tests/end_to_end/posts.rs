//! A post's life, and the slugs that lead to it.

use std::collections::BTreeSet;

use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::slow_races::{count, race};
use crate::support::{Caller, Kind, Server, send, text};

fn post(title: &str) -> Value {
    json!({"title": title, "content": "Once upon a time"})
}

fn published(title: &str) -> Value {
    json!({"title": title, "content": "Once upon a time", "status": "published"})
}

fn path(post: &Value) -> String {
    format!("/api/posts/{}", text(&post["id"]))
}

fn ids(list: &Value) -> Vec<String> {
    let posts = list["data"].as_array().unwrap();
    posts.iter().map(|post| text(&post["id"])).collect()
}

#[rstest]
#[tokio::test]
async fn from_draft_to_restoring(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let (reader, ada) = (server.anonymous(), server.sign_up("ada").await);
    let admin = server.admin(&database, "root").await;

    let draft = ada.write(post("On Computing")).await;
    assert_eq!(draft["slug"], "on-computing");
    assert_eq!(reader.get(&path(&draft)).await.status, 404);
    let renamed = ada
        .patch(&path(&draft), json!({"title": "On Engines"}))
        .await;
    assert_eq!(renamed.body["data"]["slug"], "on-engines");
    let publish = format!("{}/publish", path(&draft));
    let published = ada.post(&publish, json!({})).await;
    assert_eq!(published.status, 200, "{}", published.body);
    assert!(published.body["data"]["publishedAt"].is_string());
    assert_eq!(ada.post(&publish, json!({})).await.status, 409);

    let profile = reader.get(&ada.path()).await;
    assert_eq!(profile.body["data"]["posts"][0]["slug"], "on-engines");
    let found = reader.get("/api/posts?search=ENGINES").await;
    assert_eq!(ids(&found.body), [text(&draft["id"])]);

    let archived = ada
        .patch_if(
            &published.etag,
            &path(&draft),
            json!({"status": "archived"}),
        )
        .await;
    assert_eq!(archived.status, 200);
    assert_eq!(reader.get(&path(&draft)).await.status, 404);
    assert_eq!(ada.delete(&path(&draft)).await.status, 200);
    assert_eq!(ada.get(&path(&draft)).await.status, 404);
    let deleted = admin.get("/api/posts?deleted=true").await;
    assert_eq!(ids(&deleted.body), [text(&draft["id"])]);
    let restored = admin
        .post(&format!("{}/restore", path(&draft)), json!({}))
        .await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(restored.body["data"]["status"], "archived");
}

#[rstest]
#[tokio::test]
async fn a_users_posts_go_and_come_back_with_them(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let (ada, grace) = (server.sign_up("ada").await, server.sign_up("grace").await);
    let admin = server.admin(&database, "root").await;
    let gone_before = ada.write(published("On Looms")).await;
    ada.delete(&path(&gone_before)).await;
    let kept = ada.write(published("On Computing")).await;

    assert_eq!(ada.delete(&ada.path()).await.status, 200);
    assert_eq!(server.anonymous().get(&path(&kept)).await.status, 404);
    let alone = admin
        .post(&format!("{}/restore", path(&kept)), json!({}))
        .await;
    assert_eq!(alone.status, 409, "{}", alone.body);
    let taken = grace.write(published("On Computing")).await;
    assert_eq!(taken["slug"], "on-computing");

    let restored = admin
        .post(&format!("{}/restore", ada.path()), json!({}))
        .await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    let back = server.anonymous().get(&path(&kept)).await;
    assert_eq!(back.body["data"]["slug"], "on-computing-2");
    assert_eq!(
        server.anonymous().get(&path(&gone_before)).await.status,
        404
    );
}

#[rstest]
#[tokio::test]
async fn slow_a_hundred_posts_of_one_title_get_a_slug_each(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let answers = race((0..100).map(|_| {
        let ada = ada.clone();
        async move { ada.post("/api/posts", post("On Computing")).await }
    }))
    .await;
    assert_eq!(count(&answers, 201), 100);
    let slugs: BTreeSet<_> = answers
        .iter()
        .map(|answer| text(&answer.body["data"]["slug"]))
        .collect();
    assert_eq!(slugs.len(), 100);
    assert!(slugs.contains("on-computing") && slugs.contains("on-computing-100"));
}

#[rstest]
#[tokio::test]
async fn of_ten_publications_of_one_draft_one_succeeds(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let publish = format!("{}/publish", path(&ada.write(post("On Computing")).await));
    let answers = race((0..10).map(|_| {
        let (ada, publish) = (ada.clone(), publish.clone());
        async move { ada.post(&publish, json!({})).await }
    }))
    .await;
    assert_eq!((count(&answers, 200), count(&answers, 409)), (1, 9));
}

/// Where a slug leads, without going there.
async fn target(reader: &Caller, server: &Server, slug: &str) -> (StatusCode, String) {
    let client = Client::builder().redirect(Policy::none()).no_proxy();
    let address = format!("http://{}/api/posts/slug/{slug}", server.address);
    let response = client.build().unwrap().get(address).send().await.unwrap();
    let location = response.headers().get(LOCATION);
    let location = location.map(|value| value.to_str().unwrap().to_owned());
    if let Some(location) = &location {
        assert_eq!(reader.get(location).await.status, 200, "{location}");
    }
    (response.status(), location.unwrap_or_default())
}

#[rstest]
#[tokio::test]
async fn every_slug_that_readers_knew_leads_to_its_post_in_one_hop(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let (reader, ada) = (server.anonymous(), server.sign_up("ada").await);
    let post = ada.write(published("On Computing")).await;
    for number in 1..=5 {
        let slug = format!("engines-of-{number}");
        let renamed = ada.patch(&path(&post), json!({"slug": slug})).await;
        assert_eq!(
            renamed.body["data"]["slug"],
            slug.as_str(),
            "{}",
            renamed.body
        );
    }
    let present = "/api/posts/slug/engines-of-5".to_owned();
    for old in ["on-computing", "engines-of-1", "engines-of-4"] {
        let moved = (StatusCode::PERMANENT_REDIRECT, present.clone());
        assert_eq!(target(&reader, &server, old).await, moved);
    }
    let here = (StatusCode::OK, String::new());
    assert_eq!(target(&reader, &server, "engines-of-5").await, here);

    // A made slug leaves it alone; one that another post is given belongs to that one.
    let other = ada.write(published("On Computing")).await;
    assert_eq!(other["slug"], "on-computing-2");
    let mut named = published("On Looms");
    named["slug"] = json!("engines-of-1");
    let named = ada.write(named).await;
    assert_eq!(named["slug"], "engines-of-1");
    assert_eq!(target(&reader, &server, "engines-of-1").await, here);

    // Of an archived post nothing is told.
    ada.patch(&path(&post), json!({"status": "archived"})).await;
    let gone = (StatusCode::NOT_FOUND, String::new());
    assert_eq!(target(&reader, &server, "engines-of-4").await, gone);
}

#[rstest]
#[tokio::test]
async fn a_draft_leaves_no_slug_behind(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let draft = ada.write(post("On Computing")).await;
    ada.patch(&path(&draft), json!({"title": "On Engines"}))
        .await;
    let old = ada.get("/api/posts/slug/on-computing").await;
    assert_eq!(old.status, 404);
}

#[rstest]
#[tokio::test]
async fn statistics_and_analytics_add_up(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    for title in ["One of two", "Two of two"] {
        ada.write(published(title)).await;
    }
    ada.write(post("A draft")).await;
    let stats = ada.get(&format!("{}/stats", ada.path())).await;
    assert_eq!(
        stats.body["data"],
        json!([
            {"status": "draft", "count": 1, "totalViews": 0},
            {"status": "published", "count": 2, "totalViews": 0},
            {"status": "archived", "count": 0, "totalViews": 0},
        ])
    );
    let months = ada.get(&format!("{}/analytics", ada.path())).await;
    let months = months.body["data"].as_array().unwrap().clone();
    let total: u64 = months
        .iter()
        .map(|month| month["postCount"].as_u64().unwrap())
        .sum();
    // At the turn of a month there are two.
    assert_eq!(total, 2, "{months:?}");
    assert!(text(&months[0]["month"]).ends_with("-01T00:00:00.000Z"));
    assert_eq!(months[0]["avgViews"], json!(0.0));
}

#[rstest]
#[tokio::test]
async fn metadata_come_back_as_they_went_in(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let metadata = r#"{"z":1.10,"a":[12345678901234567890123,-0,1e300,"\u00e4"],"\u00e4":{}}"#;
    let body = format!(r#"{{"title":"Abc","content":"x","metadata":{metadata}}}"#);
    let request = ada.request(reqwest::Method::POST, "/api/posts");
    let request = request
        .header("content-type", "application/json")
        .body(body);
    let created = send(request).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let read = ada.request(reqwest::Method::GET, &path(&created.body["data"]));
    let read = read.send().await.unwrap().text().await.unwrap();
    assert!(
        read.contains(&format!("\"metadata\":{metadata},")),
        "{read}"
    );
}
