//! Views under load, and over an orderly stop.

use std::time::{Duration, Instant};

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::support::{Caller, Kind, Server, TestDatabase, text};

/// How long views are waited for. They take half a second; an idle machine has no part
/// in that.
const PATIENCE: Duration = Duration::from_secs(60);

/// Patient with a pool on which a thousand readers wait at once.
const PATIENT: [(&str, &str); 2] = [
    ("DB_ACQUIRE_TIMEOUT_MS", "29000"),
    // All readers come from one address.
    ("MAX_CONNECTIONS_PER_ADDRESS", "1024"),
];

/// Reads a path again and again, so many readers at once, and returns how many reads
/// were answered before the server went, or each had read so many times.
async fn read(reader: &Caller, path: &str, readers: usize, times: usize) -> u64 {
    let readers: Vec<_> = (0..readers)
        .map(|_| {
            let (reader, path) = (reader.clone(), path.to_owned());
            tokio::spawn(async move {
                let mut answered = 0;
                for _ in 0..times {
                    match reader.request(Method::GET, &path).send().await {
                        Ok(answer) if answer.status() == 200 => answered += 1,
                        Ok(answer) => panic!("{}", answer.status()),
                        Err(_) => break,
                    }
                }
                answered
            })
        })
        .collect();
    let mut answered = 0;
    for reader in readers {
        answered += reader.await.unwrap();
    }
    answered
}

/// Asks until at least so many views have been counted.
async fn wait_for_views(caller: &Caller, path: &str, wanted: u64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let count = view_count(caller, path).await;
        if count >= wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{count} of {wanted} views");
    }
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
    let server = Server::start(&database, &PATIENT);
    let ada = server.sign_up("ada").await;
    let post = json!({"title": "Abc", "content": "x", "status": "published"});
    let path = format!("/api/posts/{}", text(&ada.write(post).await["id"]));
    let before = ada.get(&path).await;

    assert_eq!(read(&server.anonymous(), &path, 1_000, 1).await, 1_000);
    wait_for_views(&ada, &path, 1_000).await;
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

    let first = read(&server.anonymous(), &path, 50, 10).await;
    let (reader, wanted) = (server.anonymous(), path.clone());
    let rest = tokio::spawn(async move { read(&reader, &wanted, 50, 10_000).await });
    wait_for_views(&ada, &path, 1).await;
    server.signal("TERM");
    assert!(server.wait().success());
    let answered = first + rest.await.unwrap();

    let server = Server::start(&database, &[]);
    let ada = server.log_in("ada").await;
    assert_eq!(view_count(&ada, &path).await, answered);
}
