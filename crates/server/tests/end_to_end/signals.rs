//! Signals, and what else surrounds the process.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rstest::rstest;
use serde_json::Value;

use crate::support::{PATIENCE, Server, hexpress};

fn spawn(settings: &[(&str, &str)]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let mut command = hexpress(folder.path());
    command.envs(settings.iter().copied());
    Server::spawn(command)
}

#[rstest]
fn each_signal_to_end_drains(#[values("TERM", "INT", "HUP", "QUIT")] name: &str) {
    let mut server = spawn(&[]);
    server.signal(name);
    assert_eq!(server.wait().code(), Some(0));
}

/// As `timeout` sends it: to the process, and to its group.
#[test]
fn one_signal_that_comes_many_times_at_once_is_one() {
    // So long that further signals come while it drains.
    let mut server = spawn(&[("SHUTDOWN_DELAY_MS", "1500")]);
    let script = "for i in 1 2 3 4 5 6 7 8 9; do kill -TERM $0; done";
    let sent = Command::new("sh")
        .args(["-c", script, &server.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn another_signal_while_it_drains_ends_it_at_once() {
    let settings = [("SHUTDOWN_DELAY_MS", "86400000"), ("LOG_FORMAT", "pretty")];
    let mut server = spawn(&settings);
    server.signal("TERM");
    server.signal("INT");
    assert_eq!(server.wait().code(), Some(1));
}

#[tokio::test]
async fn below_nohup_it_outlives_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let program = hexpress(folder.path());
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' HUP; exec \"$0\""])
        .arg(program.get_program())
        .env_clear()
        .env("APP_ENV", "test")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let server = Server::spawn(command);
    server.signal("HUP");
    assert_eq!(
        server.anonymous().get("/api/health/ready").await.status,
        200
    );
    assert!(server.terminate().success());
}

#[test]
fn a_program_name_may_be_any() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = hexpress(folder.path());
    command
        .arg0(OsStr::from_bytes(b"hexpress-\xff"))
        .env("DATABASE_URL", "sqlite://shop.db");
    let server = Server::spawn(command);
    assert!(
        server.greeting.contains("hexpress user create"),
        "{}",
        server.greeting
    );
}

#[test]
fn a_full_disk_below_standard_output_is_no_reason_not_to_serve() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = hexpress(folder.path())
        .envs([("LOG_FORMAT", "json"), ("LOG_LEVEL", "info")])
        .stdout(File::options().write(true).open("/dev/full").unwrap())
        .spawn()
        .unwrap();
    let log = BufReader::new(server.stderr.take().unwrap()).lines();
    let mut messages = log.map(|line| {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        line["message"].as_str().unwrap().to_owned()
    });
    let is_told = messages.any(|message| message == "standard output cannot be written");
    let pid = server.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert_eq!(server.wait().unwrap().code(), Some(0));
    assert!(is_told);
}

/// The next thing that the service manager is told.
fn told(socket: &UnixDatagram) -> String {
    let mut message = [0; 512];
    let length = socket.recv(&mut message).unwrap();
    String::from_utf8_lossy(&message[..length]).into_owned()
}

#[test]
fn the_service_manager_hears_of_the_start_of_each_beat_and_of_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = hexpress(folder.path());
    command
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "100000");
    let mut server = Server::spawn(command);
    assert_eq!(told(&socket), "STATUS=opening the database\n");
    let listening = format!("READY=1\nSTATUS=listening on {}\n", server.address);
    assert_eq!(told(&socket), listening);
    for _ in 0..3 {
        assert_eq!(told(&socket), "WATCHDOG=1\n");
    }
    server.signal("TERM");
    let mut last = told(&socket);
    while last == "WATCHDOG=1\n" {
        last = told(&socket);
    }
    assert_eq!(last, "STOPPING=1\nSTATUS=draining\n");
    assert_eq!(server.wait().code(), Some(0));
}

#[tokio::test]
async fn every_address_is_one_of_ipv4_too() {
    let mut server = spawn(&[("HOST", "::")]);
    server.address.set_ip(Ipv4Addr::LOCALHOST.into());
    let answer = server.anonymous().get("/api/health/ready").await;
    assert_eq!(answer.status, 200);
}
