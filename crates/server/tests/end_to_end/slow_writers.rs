//! Writers who want to change one thing at once: without a precondition all of them do,
//! one after the other, and with one tag one of them does. On one server or on two, with
//! fewer connections than writers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rstest::rstest;
use serde_json::{Value, json};

use crate::slow_races::{count, race};
use crate::support::{Answer, Caller, Kind, Server, TestDatabase, text};

const WRITERS: usize = 50;

/// So many servers on one database, and an admin who calls each of them.
async fn start(kind: Kind, servers: usize) -> (TestDatabase, Vec<Server>, Vec<Caller>) {
    let database = TestDatabase::migrated(kind).await;
    let settings = [("DB_POOL_MAX", "5"), ("RATE_LIMIT_PER_MINUTE", "0")];
    let servers: Vec<_> = (0..servers)
        .map(|_| Server::start(&database, &settings))
        .collect();
    let admin = servers[0].admin(&database, "root").await;
    let callers = servers.iter().map(|server| {
        let mut caller = server.with_token(admin.token());
        caller.id.clone_from(&admin.id);
        caller
    });
    let callers = callers.collect();
    (database, servers, callers)
}

/// A product, a post and a user, with a change of each to make by the writer of a number.
async fn things(admin: &Caller) -> [(String, fn(usize) -> Value); 3] {
    let product = admin.create_product("Engine", 250, 7).await;
    let post = admin
        .write(json!({"title": "On Engines", "content": "Text"}))
        .await;
    [
        (
            format!("/api/products/{}", text(&product["id"])),
            |_| json!({"stockDelta": 3}),
        ),
        (
            format!("/api/posts/{}", text(&post["id"])),
            |number| json!({"title": format!("On Engine {number}")}),
        ),
        (
            admin.path(),
            |number| json!({"lastName": format!("Byron {number}")}),
        ),
    ]
}

/// All write at once, by one server after the other.
async fn write(
    callers: &[Caller],
    path: &str,
    tag: Option<&str>,
    body: fn(usize) -> Value,
) -> Vec<Answer> {
    race((0..WRITERS).map(|number| {
        let caller = callers[number % callers.len()].clone();
        let (path, tag) = (path.to_owned(), tag.map(str::to_owned));
        async move {
            match tag {
                None => caller.patch(&path, body(number)).await,
                Some(tag) => caller.patch_if(&tag, &path, body(number)).await,
            }
        }
    }))
    .await
}

#[rstest]
#[case(Kind::Sqlite, 1)]
#[case(Kind::Postgres, 1)]
#[case(Kind::Postgres, 2)]
#[tokio::test]
async fn without_a_precondition_every_writer_succeeds_and_none_is_lost(
    #[case] kind: Kind,
    #[case] servers: usize,
) {
    let (_database, _servers, callers) = start(kind, servers).await;
    for (path, body) in things(&callers[0]).await {
        let answers = write(&callers, &path, None, body).await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(count(&answers, 200), WRITERS, "{path}: {statuses:?}");
        // Read where it cannot be from memory.
        let same = callers[0].patch(&path, json!({})).await;
        assert!(same.etag.starts_with("\"51-"), "{path}: {}", same.etag);
        if path.starts_with("/api/products") {
            assert_eq!(same.body["data"]["stock"], 7 + 3 * 50);
        }
    }
}

#[rstest]
#[case(Kind::Sqlite, 1)]
#[case(Kind::Postgres, 1)]
#[case(Kind::Postgres, 2)]
#[tokio::test]
async fn with_one_tag_one_writer_succeeds(#[case] kind: Kind, #[case] servers: usize) {
    let (_database, _servers, callers) = start(kind, servers).await;
    for (path, body) in things(&callers[0]).await {
        let tag = callers[0].patch(&path, json!({})).await.etag;
        let answers = write(&callers, &path, Some(&tag), body).await;
        assert_eq!(
            (count(&answers, 200), count(&answers, 412)),
            (1, 49),
            "{path}"
        );
    }
}

#[rstest]
#[case(Kind::Sqlite, 1)]
#[case(Kind::Postgres, 1)]
#[case(Kind::Postgres, 2)]
#[tokio::test]
async fn an_edit_that_races_a_deletion_is_made_or_finds_nothing(
    #[case] kind: Kind,
    #[case] servers: usize,
) {
    let (_database, servers, _) = start(kind, servers).await;
    let author = servers[0].sign_up("ada").await;
    for _ in 0..5 {
        let post = json!({"title": "On Engines", "content": "Text"});
        let path = format!("/api/posts/{}", text(&author.write(post).await["id"]));
        let answers = race((0..11).map(|number| {
            let server = &servers[number % servers.len()];
            let (caller, path) = (server.with_token(author.token()), path.clone());
            async move {
                match number {
                    5 => caller.delete(&path).await,
                    _ => {
                        caller
                            .patch(&path, json!({"title": format!("On {number}")}))
                            .await
                    }
                }
            }
        }))
        .await;
        assert_eq!(count(&answers, 200) + count(&answers, 404), 11);
        assert_eq!(answers[5].status, 200);
        assert_eq!(author.get(&path).await.status, 404);
    }
}

#[rstest]
#[case(Kind::Sqlite, 1)]
#[case(Kind::Postgres, 1)]
#[case(Kind::Postgres, 2)]
#[tokio::test]
async fn no_edit_is_unavailable_beside_many_readers_and_writers(
    #[case] kind: Kind,
    #[case] servers: usize,
) {
    let (_database, _servers, callers) = start(kind, servers).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let others: Vec<_> = (0..64)
        .map(|number| {
            let (caller, is_over) = (callers[number % callers.len()].clone(), is_over.clone());
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let answer = match number % 4 {
                        0 => {
                            caller
                                .patch(&caller.path(), json!({"firstName": "Ada"}))
                                .await
                        }
                        1 => {
                            let post = json!({"title": "On Engines", "content": "Text"});
                            caller.post("/api/posts", post).await
                        }
                        2 => caller.get(&caller.path()).await,
                        _ => caller.get("/api/posts").await,
                    };
                    assert_ne!(answer.status, 503, "{}", answer.body);
                }
            })
        })
        .collect();
    let edits = race((0..10).map(|writer| {
        let caller = callers[writer % callers.len()].clone();
        async move {
            let mut answer = caller.get(&caller.path()).await;
            for number in 0..30 {
                let body = json!({"lastName": format!("Byron {writer} {number}")});
                answer = caller.patch(&caller.path(), body).await;
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
            answer
        }
    }));
    assert_eq!(count(&edits.await, 200), 10);
    is_over.store(true, Ordering::Relaxed);
    for other in others {
        other.await.unwrap();
    }
}
