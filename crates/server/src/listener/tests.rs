use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use super::*;
use crate::open_files::ConnectionCounts;

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(60);
/// What takes longer than this does not come.
const PATIENCE: Duration = Duration::from_secs(10);

const PATIENT: ConnectionLimits = ConnectionLimits {
    header_read: LONG,
    keep_alive: LONG,
    write_stall: LONG,
    linger: LONG,
};

async fn start(router: Router, limits: ConnectionLimits) -> (Server, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::start(listener, router, limits, admission(100, 100));
    (server, address)
}

fn admission(max: usize, per_address: usize) -> Admission {
    Admission::new(ConnectionCounts { max, per_address }, Vec::new())
}

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

/// More than the buffers of both sides hold.
const LARGE: usize = 64 << 20;

fn large() -> Router {
    Router::new().route("/", get(|| async { "a".repeat(LARGE) }))
}

async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// Reads until the text is there, which must be soon.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut answer = String::new();
    while !answer.ends_with(end) {
        let byte = timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap();
        answer.push(char::from(byte));
    }
    answer
}

/// Reads until the server ends the connection, which must be soon.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    timeout(PATIENCE, read).await.unwrap().unwrap();
    answer
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn handlers_know_the_peer() {
    async fn peer(ConnectInfo(peer): ConnectInfo<SocketAddr>) -> String {
        format!("{peer}!")
    }
    let (_server, address) = start(Router::new().route("/", get(peer)), PATIENT).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    send(&mut stream, GET).await;
    let answer = read_until(&mut stream, "!").await;
    let own = stream.local_addr().unwrap();
    assert!(answer.ends_with(&format!("{own}!")), "{answer}");
}

#[tokio::test]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let limits = ConnectionLimits {
        header_read: SHORT,
        ..PATIENT
    };
    let (_server, address) = start(hello(), limits).await;
    let beginning = "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ";
    for beginning in ["", beginning] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        send(&mut stream, beginning).await;
        assert_eq!(read_to_end(&mut stream).await, "");
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    send(&mut stream, GET).await;
    read_until(&mut stream, "hello").await;
    send(&mut stream, beginning).await;
    assert_eq!(read_to_end(&mut stream).await, "");
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_its_own_time() {
    let limits = ConnectionLimits {
        header_read: SHORT,
        ..PATIENT
    };
    let (_server, address) = start(hello(), limits).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    send(&mut idle, GET).await;
    read_until(&mut idle, "hello").await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    assert_eq!(read_to_end(&mut silent).await, "");
    send(&mut idle, GET).await;
    read_until(&mut idle, "hello").await;
}

#[tokio::test]
async fn an_idle_connection_is_not_kept_for_ever() {
    let limits = ConnectionLimits {
        keep_alive: SHORT,
        ..PATIENT
    };
    let (_server, address) = start(hello(), limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    send(&mut stream, GET).await;
    assert!(read_to_end(&mut stream).await.ends_with("hello"));
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_not_held_for_ever() {
    let limits = ConnectionLimits {
        write_stall: SHORT,
        ..PATIENT
    };
    let (server, address) = start(large(), limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    send(&mut stream, GET).await;
    stream.readable().await.unwrap();
    let ended = async {
        while !server.service.connections.is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, ended).await.unwrap();
}

#[tokio::test]
async fn a_connection_is_not_idle_while_its_answer_is_being_read() {
    let limits = ConnectionLimits {
        keep_alive: SHORT,
        ..PATIENT
    };
    let (server, address) = start(large(), limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    send(&mut stream, GET).await;
    stream.readable().await.unwrap();
    let closing = tokio::spawn(server.close(LONG));
    // Time itself is what is tested: longer than any idle connection is kept.
    sleep(SHORT + pace::CLOSING_GRACE).await;
    assert!(read_to_end(&mut stream).await.len() > LARGE);
    drop(stream);
    assert_eq!(timeout(PATIENCE, closing).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn closing_waits_for_running_requests_and_ends_the_rest() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let slow = {
        let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
        get(async move || {
            begun.notify_one();
            drop(go.acquire().await);
            "done"
        })
    };
    let (server, address) = start(hello().route("/slow", slow), PATIENT).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut running = TcpStream::connect(address).await.unwrap();
    send(&mut running, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    begun.notified().await;

    let closing = tokio::spawn(server.close(LONG));
    assert_eq!(read_to_end(&mut silent).await, "");
    assert!(TcpStream::connect(address).await.is_err());
    assert!(!closing.is_finished());
    go.add_permits(1);
    let answer = read_to_end(&mut running).await;
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    assert!(answer.ends_with("done"), "{answer}");
    drop(running);
    assert_eq!(timeout(PATIENCE, closing).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn at_the_limit_only_requests_that_had_begun_count_as_cut_off() {
    let begun = Arc::new(Notify::new());
    let endless = {
        let begun = Arc::clone(&begun);
        get(async move || {
            begun.notify_one();
            std::future::pending::<()>().await;
        })
    };
    let (server, address) = start(Router::new().route("/", endless), PATIENT).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut half = TcpStream::connect(address).await.unwrap();
    send(&mut half, "GET / HT").await;
    let mut running = TcpStream::connect(address).await.unwrap();
    send(&mut running, GET).await;
    begun.notified().await;

    assert_eq!(server.close(Duration::ZERO).await, 1);
    for stream in [&mut silent, &mut half, &mut running] {
        let mut answer = Vec::new();
        // What was sent and not read makes the end a reset.
        let end = timeout(PATIENCE, stream.read_to_end(&mut answer));
        end.await.unwrap().ok();
        assert_eq!(answer, b"");
    }
}

#[tokio::test]
async fn whoever_waits_to_be_accepted_is_answered_before_the_listener_closes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut waiting = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    send(&mut waiting, GET).await;
    let (server, _) = start(hello(), PATIENT).await;
    empty_queue(listener, &server.service).unwrap();
    read_until(&mut waiting, "hello").await;
}

#[tokio::test]
async fn a_request_that_crosses_the_closing_is_answered() {
    let (server, address) = start(hello(), PATIENT).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    send(&mut idle, GET).await;
    read_until(&mut idle, "hello").await;
    let closing = tokio::spawn(server.close(LONG));
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    // Time itself is what is tested: a request that was long on its way.
    sleep(SHORT).await;
    send(&mut idle, GET).await;
    let answer = read_to_end(&mut idle).await;
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    drop(idle);
    assert_eq!(timeout(PATIENCE, closing).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn an_early_answer_reaches_a_client_that_is_still_sending() {
    let refusing = Router::new().route("/", post(|| async { StatusCode::PAYLOAD_TOO_LARGE }));
    let (_server, address) = start(refusing, PATIENT).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = "a".repeat(16 << 20);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    send(&mut stream, &head).await;
    send(&mut stream, &body).await;
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn a_connection_is_kept_where_the_whole_body_was_read() {
    let reading = post(|body: String| async move { format!("{body}!") });
    let (_server, address) = start(Router::new().route("/", reading), PATIENT).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for body in [
        "Content-Length: 3\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ] {
        send(
            &mut stream,
            &format!("POST / HTTP/1.1\r\nHost: a\r\n{body}"),
        )
        .await;
        let answer = read_until(&mut stream, "abc!").await;
        assert!(!answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn a_long_head_is_refused() {
    let (_server, address) = start(hello(), PATIENT).await;
    for (length, status) in [(30 * 1024, "200"), (65 * 1024, "431")] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let header = "a".repeat(length);
        let head =
            format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {header}\r\nConnection: close\r\n\r\n");
        send(&mut stream, &head).await;
        let answer = read_to_end(&mut stream).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn idle_connections_make_room_for_those_that_wait() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let _server = Server::start(listener, hello(), PATIENT, admission(16, 16));
    let mut idle = Vec::new();
    for number in 1..=15 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        send(&mut stream, GET).await;
        let answer = read_until(&mut stream, "hello").await;
        let is_last = answer.contains("connection: close");
        assert_eq!(is_last, number == 15, "{answer}");
        idle.push(stream);
    }
    let silent = async |_| TcpStream::connect(address).await.unwrap();
    let _silent = futures_util::future::join_all((0..4).map(silent)).await;
    let mut waiting = TcpStream::connect(address).await.unwrap();
    send(&mut waiting, GET).await;
    let answer = read_until(&mut waiting, "hello").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    for stream in &mut idle {
        assert_eq!(read_to_end(stream).await, "");
    }
}

#[tokio::test]
async fn connections_beyond_those_of_an_address_are_closed_and_beyond_all_wait() {
    for (max, per_address) in [(100, 1), (1, 100)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let admission = admission(max, per_address);
        let _server = Server::start(listener, hello(), PATIENT, admission);
        let mut first = TcpStream::connect(address).await.unwrap();
        send(&mut first, GET).await;
        read_until(&mut first, "hello").await;
        let mut second = TcpStream::connect(address).await.unwrap();
        if per_address == 1 {
            assert_eq!(read_to_end(&mut second).await, "");
            drop(first);
            continue;
        }
        send(&mut second, GET).await;
        let waits = timeout(SHORT, second.read_u8()).await;
        assert!(waits.is_err());
        drop(first);
        read_until(&mut second, "hello").await;
    }
}

#[tokio::test]
async fn where_all_places_are_taken_the_stop_closes_those_that_wait() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = TcpStream::connect(address).await.unwrap();
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::start(other, hello(), PATIENT, admission(1, 1));
    let _taken = server.service.admission.try_vacancy().unwrap();
    empty_queue(listener, &server.service).unwrap();
    let read = timeout(PATIENCE, waiting.read_u8()).await.unwrap();
    assert!(read.is_err());
}
