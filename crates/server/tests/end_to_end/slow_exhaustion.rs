//! Clients that take what they can get and give nothing back: what they cost is bounded, and
//! others are served meanwhile.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use rstest::rstest;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::{Kind, Server, TestDatabase, hexpress};

const MIB: usize = 1024 * 1024;
/// What takes longer than this does not come.
const PATIENCE: Duration = Duration::from_secs(120);

/// The memory that a server takes, in bytes: now (`VmRSS`), or at most so far (`VmHWM`).
fn memory(server: &Server, which: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(which));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() * 1024
}

/// A connection from one of this machine's addresses, which reads little ahead.
async fn connect_from(host: [u8; 4], server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.bind(SocketAddr::from((host, 0))).unwrap();
    socket.connect(server.address).await.unwrap()
}

/// Sends a request and reads the head of its answer.
async fn ask(stream: &mut TcpStream, request: &str) -> io::Result<String> {
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(PATIENCE, stream.read_u8()).await??);
    }
    Ok(String::from_utf8(head).unwrap())
}

const CHUNKED_LOGIN: &str = "POST /api/auth/login HTTP/1.1\r\nHost: a\r\n\
    Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

#[tokio::test]
async fn a_body_in_single_bytes_costs_little_more_than_its_length() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let server = Server::start(
        &database,
        &[
            ("REQUEST_TIMEOUT_MS", "120000"),
            ("BODY_READ_TIMEOUT_MS", "120000"),
        ],
    );
    server.anonymous().get("/api/posts").await;
    let before = memory(&server, "VmHWM");
    let body = "1\r\n \r\n".repeat(60_000);
    let clients = (0..20).map(async |_| {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(CHUNKED_LOGIN.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        stream
    });
    let mut streams = join_all(clients).await;
    // What ends the body ends it behind all that was sent before.
    for stream in &mut streams {
        let head = timeout(PATIENCE, ask(stream, "x\r\n")).await.unwrap();
        assert!(head.unwrap().starts_with("HTTP/1.1 400 "));
    }
    let grown = memory(&server, "VmHWM") - before;
    assert!(grown < 16 * MIB, "{} MiB", grown / MIB);
}

#[tokio::test]
async fn a_thousand_bodies_that_do_not_come_hold_up_nobody_else() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let server = Server::start(&database, &[]);
    let head = CHUNKED_LOGIN.replace("Transfer-Encoding: chunked", "Content-Length: 100");
    let mut streams = Vec::new();
    for number in 0..1_100 {
        let host = [127, 0, 0, 2 + u8::try_from(number % 2).unwrap()];
        let mut stream = connect_from(host, &server).await;
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(b"{").await.unwrap();
        streams.push(stream);
    }
    for _ in 0..10 {
        let posts = server.anonymous().get("/api/posts").await;
        assert_eq!(posts.status, 200);
        let login = server
            .anonymous()
            .log_in("nobody@example.org", "wrong")
            .await;
        assert_eq!(login.status, 401);
    }
}

/// The program where a process may open so many files.
fn with_files(
    database: &TestDatabase,
    option: &str,
    files: u32,
    settings: &[(&str, &str)],
) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let program = hexpress(folder.path());
    let mut command = Command::new("/bin/sh");
    let limited = format!("ulimit {option} {files} && exec \"$0\"");
    command
        .args(["-c", &limited])
        .arg(program.get_program())
        .env_clear()
        .envs([("APP_ENV", "test"), ("DATABASE_URL", database.url())])
        .envs(settings.iter().copied())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Server::spawn(command)
}

const GET_POSTS: &str = "GET /api/posts HTTP/1.1\r\nHost: a\r\n\r\n";

#[rstest]
#[tokio::test]
async fn idle_connections_leave_the_database_its_files(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = with_files(
        &database,
        "-n",
        256,
        &[("HEADER_READ_TIMEOUT_MS", "600000")],
    );
    let mut streams = Vec::new();
    for _ in 0..400 {
        streams.push(connect_from([127, 0, 0, 2], &server).await);
    }
    let others = (0..20).map(async |_| {
        let mut stream = connect_from([127, 0, 0, 3], &server).await;
        ask(&mut stream, GET_POSTS).await.unwrap()
    });
    for head in join_all(others).await {
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    }
}

#[tokio::test]
async fn the_soft_limit_of_open_files_is_raised() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let server = with_files(&database, "-Sn", 64, &[]);
    let mut streams = Vec::new();
    for _ in 0..200 {
        let mut stream = connect_from([127, 0, 0, 2], &server).await;
        let head = ask(&mut stream, GET_POSTS).await.unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        streams.push(stream);
    }
}

#[tokio::test]
async fn answers_that_nobody_reads_take_a_share_of_the_memory() {
    const GET_ALL: &str = "GET /api/posts?include=content&limit=20 HTTP/1.1\r\nHost: a\r\n\r\n";
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let content = "a".repeat(900_000);
    for _ in 0..20 {
        ada.write(json!({"title": "Long", "content": content, "status": "published"}))
            .await;
    }
    let before = memory(&server, "VmRSS");
    let mut streams = Vec::new();
    for _ in 0..40 {
        let mut stream = connect_from([127, 0, 0, 2], &server).await;
        stream.write_all(GET_ALL.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    let heads = streams.iter_mut().map(|stream| ask(stream, ""));
    let heads: io::Result<Vec<_>> = join_all(heads).await.into_iter().collect();
    let statuses = heads.unwrap();
    let grown = memory(&server, "VmRSS").saturating_sub(before);
    assert!(grown < 128 * MIB, "{} MiB", grown / MIB);
    let mut statuses = statuses.iter();
    assert!(statuses.any(|head| head.starts_with("HTTP/1.1 503 ")));

    // Others have their share, and so has this address once it has gone.
    let all = "/api/posts?include=content&limit=20";
    let page = server.anonymous().get(all).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.body["data"].as_array().unwrap().len(), 4);
    drop(streams);
    let again = async {
        loop {
            let mut stream = connect_from([127, 0, 0, 2], &server).await;
            let head = ask(&mut stream, GET_ALL).await.unwrap();
            if head.starts_with("HTTP/1.1 200 ") {
                break;
            }
        }
    };
    timeout(PATIENCE, again).await.unwrap();
}
