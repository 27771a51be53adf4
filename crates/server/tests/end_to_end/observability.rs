//! What those who operate the program see of it: metrics and the log.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command};
use std::time::Duration;

use reqwest::{Client, Method};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{
    Kind, PASSWORD, Server, TestDatabase, email, hexpress, send, sign_up, stderr, text,
};

pub fn metrics_address(server: &Server) -> SocketAddr {
    let mut words = server.greeting.split_whitespace();
    let url = words.find_map(|word| word.strip_prefix("http://")?.strip_suffix("/metrics"));
    url.expect("the greeting names it").parse().unwrap()
}

pub async fn read(address: SocketAddr, path: &str) -> (u16, String) {
    let client = Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("http://{address}{path}")).send().await;
    let answer = answer.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

pub fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    let number = line.unwrap_or_else(|| panic!("no {name} in {metrics}"));
    number.trim().parse().unwrap()
}

#[rstest]
#[tokio::test]
async fn metrics_move_and_have_an_address_of_their_own(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[("METRICS_ADDR", "127.0.0.1:0")]);
    let address = metrics_address(&server);
    let (status, before) = read(address, "/metrics").await;
    assert_eq!(status, 200);
    server.sign_up("ada").await;
    let (_, after) = read(address, "/metrics").await;

    let signed_up =
        r#"hexpress_http_requests_total{method="POST",route="/api/users",status="201"}"#;
    assert!(!before.contains(signed_up));
    assert_eq!(value(&after, signed_up), 1.0);
    let acquired = "hexpress_database_acquired_total";
    assert!(value(&after, acquired) > value(&before, acquired));
    assert_eq!(value(&after, "hexpress_database_connections_max"), 5.0);
    assert_eq!(value(&after, "hexpress_views_waiting"), 0.0);
    assert_eq!(value(&after, "hexpress_views_lost_total"), 0.0);
    for name in [
        r#"hexpress_database_connections{state="idle"}"#,
        r#"hexpress_database_connections{state="used"}"#,
        "hexpress_log_lines_dropped_total",
        "hexpress_database_waiting",
        "hexpress_database_wait_seconds_total",
        r#"hexpress_database_errors_total{kind="internal"}"#,
        r#"hexpress_password_hashes{state="running"}"#,
        r#"hexpress_password_hashes{state="waiting"}"#,
        "hexpress_http_requests_in_flight",
        r#"hexpress_http_request_duration_seconds_count{method="POST",route="/api/users"}"#,
    ] {
        value(&after, name);
    }

    assert_eq!(read(address, "/api/health").await.0, 404);
    assert_eq!(read(server.address, "/metrics").await.0, 404);
}

#[test]
fn without_an_address_there_are_no_metrics_and_a_taken_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::spawn(hexpress(folder.path()));
    assert!(!server.greeting.contains("metrics"), "{}", server.greeting);
    let refused = hexpress(folder.path())
        .env("METRICS_ADDR", server.address.to_string())
        .output()
        .unwrap();
    let error = stderr(&refused);
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(error.contains("METRICS_ADDR"), "{error}");
}

#[rstest]
#[tokio::test]
async fn a_failing_request_is_followed_by_its_id_and_the_log_holds_no_secret(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    const OTHER: &str = "battery staple";
    let database = TestDatabase::migrated(kind).await;
    let json = [("LOG_FORMAT", "json"), ("LOG_LEVEL", "trace")];
    let server = Server::start(&database, &json);

    let anonymous = server.anonymous();
    let created = anonymous.post("/api/users", sign_up(&email("ada"))).await;
    assert_eq!(created.status, 201);
    let login = anonymous.log_in(&email("ada"), PASSWORD).await;
    let session = text(&login.body["data"]["token"]);
    let ada = server.with_token(&session);
    let path = format!("/api/users/{}", text(&login.body["data"]["user"]["id"]));
    let made = ada.post("/api/auth/tokens", json!({"name": "ci"})).await;
    let program = text(&made.body["data"]["token"]);
    let change = json!({"password": OTHER, "currentPassword": PASSWORD});
    assert_eq!(ada.patch(&path, change).await.status, 200);
    let revoked = server.with_token(&program).get("/api/auth/me").await;
    assert_eq!(revoked.status, 401);
    let refused = anonymous.log_in(&email("ada"), PASSWORD).await;
    assert_eq!(refused.status, 401);
    let broken = anonymous.request(Method::POST, "/api/auth/login");
    let broken = send(broken.body(format!("{{\"password\": \"{PASSWORD}"))).await;
    assert_eq!(broken.status, 415);

    database.execute("ALTER TABLE tokens RENAME TO gone").await;
    let request = ada.request(Method::GET, "/api/auth/me");
    let failed = send(request.header("x-request-id", "follow-me")).await;
    assert_eq!(failed.status, 500, "{}", failed.body);
    assert_eq!(failed.body["error"]["requestId"], "follow-me");

    let log = server.terminate_and_log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    let of_failed: Vec<&Value> = lines
        .iter()
        .filter(|line| line["spans"][0]["request_id"] == "follow-me")
        .collect();
    let errors: Vec<_> = of_failed
        .iter()
        .filter(|line| line["level"] == "ERROR")
        .collect();
    assert_eq!(errors.len(), 1, "{of_failed:?}");
    assert!(errors[0]["error"].as_str().unwrap().contains("tokens"));
    assert_eq!(of_failed.last().unwrap()["message"], "answered");
    assert_eq!(of_failed.last().unwrap()["status"], 500);

    let sql = lines.iter().any(|line| line["level"] == "DEBUG");
    assert!(sql, "the log holds little to scan");
    for secret in [PASSWORD, OTHER, &session, &program, "hxp_", "argon2"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

/// Killed when it is dropped.
struct Stalled(Child);

impl Drop for Stalled {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Standard error is a pipe that is full after some hundred lines.
#[tokio::test]
async fn whoever_stops_reading_the_log_holds_up_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = hexpress(folder.path())
        .env("LOG_LEVEL", "debug")
        .spawn()
        .unwrap();
    let mut server = Stalled(server);
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let address = |line: &str| Some(line.split_once("http://")?.1.to_owned());
    let address = lines.find_map(|line| address(&line.unwrap())).unwrap();
    // As in `Server::spawn`.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let client = Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10));
    let client = client.build().unwrap();
    for _ in 0..500 {
        let posts = client.get(format!("http://{address}/api/posts"));
        assert_eq!(posts.send().await.unwrap().status(), 200);
    }
    let pid = server.0.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    let ended = tokio::task::spawn_blocking(move || server.0.wait().unwrap());
    let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
    assert!(ended.unwrap().unwrap().success());
}
