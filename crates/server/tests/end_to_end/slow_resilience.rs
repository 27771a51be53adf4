//! The program killed, stopped and mistreated under load.

use std::collections::HashSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::observability::{metrics_address, read};
use crate::support::{Kind, Server, TestDatabase, email, sign_up, try_send};

/// Settings that lose nothing, as in production.
const DURABLE: [(&str, &str); 1] = [("SQLITE_SYNCHRONOUS", "full")];

#[rstest]
#[tokio::test]
async fn a_kill_loses_no_sign_up_that_was_acknowledged(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let mut acknowledged = Vec::new();
    for round in 0..10 {
        let server = Server::start(&database, &DURABLE);
        let count = Arc::new(AtomicUsize::new(0));
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let anonymous = server.anonymous();
                let count = Arc::clone(&count);
                tokio::spawn(async move {
                    let mut acknowledged = Vec::new();
                    for number in 0.. {
                        let email = email(&format!("ada{round}.{writer}.{number}"));
                        let request = anonymous.request(Method::POST, "/api/users");
                        match try_send(request.json(&sign_up(&email))).await {
                            Ok(answer) if answer.status == 201 => acknowledged.push(email),
                            Ok(answer) => panic!("{}", answer.status),
                            Err(_) => break,
                        }
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    acknowledged
                })
            })
            .collect();
        while count.load(Ordering::Relaxed) < 20 {
            tokio::task::yield_now().await;
        }
        server.kill();
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
    }
    let stored: Vec<String> = database
        .query_text("SELECT email FROM users")
        .await
        .into_iter()
        .filter_map(|mut row| row.remove(0))
        .collect();
    assert!(acknowledged.len() >= 200);
    for email in acknowledged {
        assert!(stored.contains(&email), "{email} is lost");
    }
}

/// Writers enough to share commits, of which none may be answered before it is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_no_post_of_a_shared_commit() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let mut acknowledged = Vec::new();
    let mut token: Option<String> = None;
    for round in 0..20 {
        let server = Server::start(&database, &DURABLE);
        let author = match &token {
            None => server.sign_up("ada").await,
            Some(token) => server.with_token(token),
        };
        token.get_or_insert_with(|| author.token().to_owned());
        let count = Arc::new(AtomicUsize::new(0));
        let writers: Vec<_> = (0..32)
            .map(|writer| {
                let (author, count) = (author.clone(), Arc::clone(&count));
                tokio::spawn(async move {
                    let mut acknowledged = Vec::new();
                    for number in 0.. {
                        let title = format!("Post {round} {writer} {number}");
                        let post = json!({"title": title, "content": "Words."});
                        let request = author.request(Method::POST, "/api/posts");
                        match try_send(request.json(&post)).await {
                            Ok(answer) if answer.status == 201 => acknowledged.push(title),
                            Ok(answer) => panic!("{}", answer.status),
                            Err(_) => break,
                        }
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    acknowledged
                })
            })
            .collect();
        while count.load(Ordering::Relaxed) < 100 {
            tokio::task::yield_now().await;
        }
        server.kill();
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
    }
    let rows = database.query_text("SELECT title FROM posts").await;
    let stored: HashSet<_> = rows.into_iter().flatten().flatten().collect();
    assert!(acknowledged.len() >= 2_000);
    for title in acknowledged {
        assert!(stored.contains(&title), "{title} is lost");
    }
}

/// A sign-up whose handling has begun: the program has asked for its body.
struct Begun {
    stream: TcpStream,
    body: String,
}

impl Begun {
    /// Sends a sign-up's head; `None` where the program did not take it up.
    fn send(address: SocketAddr, email: &str) -> Option<Self> {
        const GO_ON: &str = "HTTP/1.1 100 Continue\r\n\r\n";
        let mut stream = TcpStream::connect(address).ok()?;
        let body = sign_up(email).to_string();
        let head = format!(
            "POST /api/users HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut answer = [0; GO_ON.len()];
        stream.read_exact(&mut answer).ok()?;
        assert_eq!(String::from_utf8_lossy(&answer), GO_ON);
        Some(Self { stream, body })
    }

    fn send_body(&mut self) {
        self.stream.write_all(self.body.as_bytes()).unwrap();
    }

    fn succeeds(mut self) {
        self.send_body();
        self.expect_created();
    }

    fn expect_created(mut self) {
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "cut off: {answer:?}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orderly_stop_under_load_fails_no_request_that_has_begun(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let patient = [
        ("SHUTDOWN_TIMEOUT_MS", "60000"),
        ("BODY_READ_TIMEOUT_MS", "60000"),
        ("REQUEST_TIMEOUT_MS", "60000"),
    ];
    let mut server = Server::start(&database, &[&DURABLE[..], &patient].concat());
    let address = server.address;
    let count = Arc::new(AtomicUsize::new(0));
    let stopping = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (count, stopping) = (Arc::clone(&count), Arc::clone(&stopping));
            tokio::task::spawn_blocking(move || {
                for number in 0.. {
                    let email = email(&format!("ada{writer}.{number}"));
                    let Some(begun) = Begun::send(address, &email) else {
                        assert!(stopping.load(Ordering::SeqCst), "refused before the signal");
                        return;
                    };
                    begun.succeeds();
                    count.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let held: Vec<_> = (0..50)
        .map(|number| Begun::send(address, &email(&format!("held{number}"))).unwrap())
        .collect();
    while count.load(Ordering::SeqCst) < 40 {
        tokio::task::yield_now().await;
    }
    stopping.store(true, Ordering::SeqCst);
    server.signal("TERM");
    while TcpStream::connect(address).is_ok() {
        tokio::task::yield_now().await;
    }
    for begun in held {
        begun.succeeds();
        count.fetch_add(1, Ordering::SeqCst);
    }
    assert_eq!(server.wait().code(), Some(0));
    for writer in writers {
        writer.await.unwrap();
    }
    let stored = database.query_text("SELECT count(*) FROM users").await;
    let stored: usize = stored[0][0].as_ref().unwrap().parse().unwrap();
    assert_eq!(stored, count.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_client_that_stalls_within_a_head_does_not_hold_up_the_stop() {
    const A_DAY: &str = "86400000";
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let mut server = Server::start(
        &database,
        &[
            ("HEADER_READ_TIMEOUT_MS", A_DAY),
            ("SHUTDOWN_TIMEOUT_MS", A_DAY),
        ],
    );
    let mut stalled = TcpStream::connect(server.address).unwrap();
    stalled.write_all(b"GET / HT").unwrap();
    // Connections are accepted in turn.
    assert_eq!(server.anonymous().get("/api/health").await.status, 200);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
}

#[tokio::test]
async fn a_request_that_was_begun_before_the_stop_is_answered() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let mut server = Server::start(&database, &[("SHUTDOWN_DELAY_MS", "500")]);
    let body = sign_up(&email("ada")).to_string();
    let mut stream = TcpStream::connect(server.address).unwrap();
    write!(
        stream,
        "POST /api/users HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    )
    .unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    server.signal("TERM");
    // Readiness goes first, while requests are still taken.
    while server.anonymous().get("/api/health/ready").await.status != 503 {}
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(server.wait().code(), Some(0));
}

/// Sends a byte now and then, never long after the last one, until the server hangs up; what it
/// has answered.
fn drip(address: SocketAddr, beginning: &str) -> String {
    const PAUSE: Duration = Duration::from_millis(50);
    const PATIENCE: Duration = Duration::from_secs(30);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(beginning.as_bytes()).unwrap();
    stream.set_read_timeout(Some(PAUSE)).unwrap();
    let begun = Instant::now();
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    loop {
        assert!(begun.elapsed() < PATIENCE, "the server holds on to it");
        let is_taken = match stream.read(&mut part) {
            Ok(0) => false,
            Ok(length) => {
                answer.extend_from_slice(&part[..length]);
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => stream.write_all(b"a").is_ok(),
            Err(_) => false,
        };
        if !is_taken {
            return String::from_utf8(answer).unwrap();
        }
    }
}

#[tokio::test]
async fn slow_clients_are_cut_off_while_others_are_served() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let limits = [
        ("HEADER_READ_TIMEOUT_MS", "1000"),
        ("BODY_READ_TIMEOUT_MS", "1000"),
    ];
    let server = Server::start(&database, &limits);
    let address = server.address;
    let slow =
        |beginning: &'static str| tokio::task::spawn_blocking(move || drip(address, beginning));
    let header = slow("GET /api/health HTTP/1.1\r\nHost");
    let body = slow(
        "POST /api/users HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
         Content-Length: 60000\r\n\r\n{",
    );
    let mut served = 0;
    while !(header.is_finished() && body.is_finished()) {
        let others = server.anonymous().get("/api/posts").await;
        assert_eq!(others.status, 200);
        served += 1;
    }
    assert!(served > 0);
    header.await.unwrap();
    let answer = body.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("REQUEST_TIMEOUT"), "{answer}");
}

/// The memory that a process holds, in KiB.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.unwrap().split_whitespace().next().unwrap();
    number.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_connections_beyond_the_limit_are_refused_at_once() {
    const PLACES: usize = 8;
    const CONNECTIONS: usize = 2000;
    const MIB_64: u64 = 64 * 1024;
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let server = Server::start(
        &database,
        &[
            ("MAX_CONCURRENT_REQUESTS", "8"),
            ("METRICS_ADDR", "127.0.0.1:0"),
            ("MAX_CONNECTIONS", "8192"),
            ("MAX_CONNECTIONS_PER_ADDRESS", "4096"),
            ("DB_ACQUIRE_TIMEOUT_MS", "30000"),
            ("DB_LOCK_TIMEOUT_MS", "30000"),
            ("REQUEST_TIMEOUT_MS", "60000"),
        ],
    );
    let address = server.address;
    // Requests that wait for the database hold the places.
    let lock = database.begin("UPDATE users SET version = version").await;
    let mut held: Vec<_> = (0..PLACES)
        .map(|number| Begun::send(address, &email(&format!("held{number}"))).unwrap())
        .collect();
    held.iter_mut().for_each(Begun::send_body);
    let metrics = metrics_address(&server);
    let is_held = format!("hexpress_http_requests_in_flight {PLACES}\n");
    while !read(metrics, "/metrics").await.1.contains(&is_held) {}
    let before = resident(server.id());
    // All are open before the first of them asks.
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        streams.push(tokio::net::TcpStream::connect(address).await.unwrap());
    }
    let answers: Vec<_> = streams
        .into_iter()
        .map(|mut stream| {
            tokio::spawn(async move {
                let request =
                    b"GET /api/users/7 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
                stream.write_all(request).await.unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.unwrap();
                answer
            })
        })
        .collect();
    for answer in answers {
        let answer = answer.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("retry-after: 1"), "{answer}");
    }
    let grown = resident(server.id()).saturating_sub(before);
    assert!(grown < MIB_64, "{grown} KiB");
    assert_eq!(server.anonymous().get("/api/health").await.status, 200);
    lock.commit().await;
    for begun in held {
        begun.expect_created();
    }
    assert_eq!(server.anonymous().get("/api/users/7").await.status, 400);
}
