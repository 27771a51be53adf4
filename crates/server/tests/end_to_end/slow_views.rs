//! Views under load, and over an orderly stop.

use rstest::rstest;
use serde_json::json;

use crate::support::{Caller, Kind, Server, TestDatabase, text};

/// Reads a path so many times, fifty at once, and returns how many reads succeeded.
async fn read(reader: &Caller, path: &str, times: usize) -> u64 {
    let mut successes = 0;
    let readers: Vec<_> = (0..50)
        .map(|_| {
            let (reader, path) = (reader.clone(), path.to_owned());
            tokio::spawn(async move {
                let mut successes = 0;
                for _ in 0..times / 50 {
                    match reader.request(reqwest::Method::GET, &path).send().await {
                        Ok(answer) if answer.status() == 200 => successes += 1,
                        Ok(answer) => panic!("{}", answer.status()),
                        Err(_) => break,
                    }
                }
                successes
            })
        })
        .collect();
    for reader in readers {
        successes += reader.await.unwrap();
    }
    successes
}

async fn view_count(caller: &Caller, path: &str) -> u64 {
    let answer = caller.get(path).await;
    answer.body["data"]["viewCount"].as_u64().unwrap()
}

#[rstest]
#[tokio::test]
async fn every_read_but_the_authors_is_counted_once(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let post = json!({"title": "Abc", "content": "x", "status": "published"});
    let path = format!("/api/posts/{}", text(&ada.write(post).await["id"]));
    let before = ada.get(&path).await;

    assert_eq!(read(&server.anonymous(), &path, 1_000).await, 1_000);
    while view_count(&ada, &path).await < 1_000 {}
    let after = ada.get(&path).await;
    assert_eq!(after.body["data"]["viewCount"], 1_000);
    assert_eq!(after.etag, before.etag);
    assert_eq!(
        after.body["data"]["updatedAt"],
        before.body["data"]["updatedAt"]
    );
    assert!(server.terminate().success());

    // Nothing was left to be counted twice.
    let server = Server::start(&database, &[]);
    let ada = server.log_in("ada").await;
    assert_eq!(view_count(&ada, &path).await, 1_000);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orderly_stop_amid_reads_loses_no_view(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let mut server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let post = json!({"title": "Abc", "content": "x", "status": "published"});
    let path = format!("/api/posts/{}", text(&ada.write(post).await["id"]));

    let first = read(&server.anonymous(), &path, 500).await;
    let (reader, wanted) = (server.anonymous(), path.clone());
    let rest = tokio::spawn(async move { read(&reader, &wanted, 100_000).await });
    while view_count(&ada, &path).await == 0 {}
    server.signal("TERM");
    assert!(server.wait().success());
    let answered = first + rest.await.unwrap();

    let server = Server::start(&database, &[]);
    let ada = server.log_in("ada").await;
    assert_eq!(view_count(&ada, &path).await, answered);
}
