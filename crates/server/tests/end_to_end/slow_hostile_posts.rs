//! What nobody sends who means well: answered as the contract says, the same on both
//! databases.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, Kind, Server, TestDatabase, send, text};

async fn raw(caller: &Caller, body: String) -> Answer {
    let request = caller.request(Method::POST, "/api/posts");
    send(
        request
            .header("content-type", "application/json")
            .body(body),
    )
    .await
}

fn code(answer: &Answer) -> (u16, String) {
    let code = answer.body["error"]["code"].as_str().unwrap_or_default();
    (answer.status.as_u16(), code.to_owned())
}

fn fields(answer: &Answer) -> Vec<String> {
    let details = answer.body["error"]["details"].as_array();
    let details = details.into_iter().flatten();
    details.map(|detail| text(&detail["field"])).collect()
}

#[rstest]
#[tokio::test]
async fn bodies(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let with = |field: &str| format!(r#"{{"title":"Abc","content":"x",{field}}}"#);

    let nul = raw(
        &ada,
        r#"{"title":"A\u0000bc","content":"\u0000"}"#.to_owned(),
    )
    .await;
    assert_eq!(fields(&nul), ["title", "content"]);
    for field in [r#""excerpt":"\ud800""#, r#""metadata":{"\udfff":1}"#] {
        let surrogate = raw(&ada, with(field)).await;
        assert_eq!(code(&surrogate), (400, "INVALID_JSON".to_owned()));
    }
    let deep = format!(
        r#""metadata":{{"a":{}{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let deep = raw(&ada, with(&deep)).await;
    assert_eq!(code(&deep), (400, "VALIDATION_ERROR".to_owned()));
    assert_eq!(fields(&deep), ["metadata"]);

    const LIMIT: usize = 10 * 1024 * 1024;
    let frame = r#"{"title":"Abc","content":""}"#.len();
    let letters = |length| format!(r#"{{"title":"Abc","content":"{}"}}"#, "a".repeat(length));
    let largest = raw(&ada, letters(LIMIT - frame)).await;
    assert_eq!(fields(&largest), ["content"]);
    let larger = raw(&ada, letters(LIMIT - frame + 1)).await;
    assert_eq!(code(&larger), (413, "PAYLOAD_TOO_LARGE".to_owned()));
    let longest = raw(&ada, letters(1_000_000)).await;
    assert_eq!(longest.status, 201);
}

#[rstest]
#[tokio::test]
async fn titles_in_ten_scripts(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let mut slugs = Vec::new();
    for title in [
        "Größe und Maß",
        "Привет, мир",
        "Ελληνικά νέα",
        "שלום עולם",
        "مرحبا بالعالم",
        "नमस्ते दुनिया",
        "สวัสดีชาวโลก",
        "北京日报",
        "こんにちは世界",
        "안녕하세요 세계",
        "🦀🦀🦀",
        "%_\\",
    ] {
        let post = ada
            .write(json!({"title": title, "content": title, "status": "published"}))
            .await;
        assert_eq!(post["title"], title);
        let slug = text(&post["slug"]);
        let by_slug = server
            .anonymous()
            .get(&format!("/api/posts/slug/{slug}"))
            .await;
        assert_eq!(by_slug.body["data"]["id"], post["id"], "{slug}");
        let search = server
            .anonymous()
            .request(Method::GET, "/api/posts")
            .query(&[("search", title)]);
        let found = send(search).await;
        let found = found.body["data"].as_array().unwrap().clone();
        assert!(
            found.iter().any(|other| other["id"] == post["id"]),
            "{title}"
        );
        slugs.push(slug);
    }
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), 12);
    let invisible = "\u{200b}\u{3164}\u{2800}";
    let refused = ada
        .post(
            "/api/posts",
            json!({"title": invisible, "content": invisible}),
        )
        .await;
    assert_eq!(fields(&refused), ["title", "content"]);
}

#[rstest]
#[tokio::test]
async fn queries(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    for title in ["100 %", "100 percent", "a_b and \\"] {
        ada.write(json!({"title": title, "content": "x", "status": "published"}))
            .await;
    }
    let list = async |query: &str| ada.get(&format!("/api/posts?{query}")).await;
    let beyond = list("page=9223372036854775807&limit=100").await;
    assert_eq!(beyond.status, 200);
    assert_eq!(beyond.body["data"], json!([]));
    assert_eq!(beyond.body["pagination"]["total"], 3);
    let total = |answer: &Answer| -> Value { answer.body["pagination"]["total"].clone() };
    for (search, expected) in [
        ("%25", 1),
        ("_", 1),
        ("%5C", 1),
        ("%25_%5C", 0),
        ("0+%25", 1),
        ("a_b", 1),
        ("%22", 0),
        ("x%22+OR+1", 0),
    ] {
        let found = list(&format!("search={search}")).await;
        assert_eq!(total(&found), expected, "{search}");
    }
    for query in [
        "search=%00",
        "search=%FF",
        "limit=0",
        "cursor=%00",
        "authorId=%27",
    ] {
        assert_eq!(list(query).await.status, 400, "{query}");
    }
}
