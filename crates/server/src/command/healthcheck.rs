use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::HOST;
use axum::http::{Request, StatusCode};
use clap::Args;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::flags::{OfAddress, SettingFlags};
use super::output::print;
use crate::config::{Flags, HttpConfig};
use crate::failure::{Failure, with_causes};
use crate::program::Program;

/// How long the server may take to say that it is ready.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer that is read, in bytes.
const LONGEST: usize = 4096;
const PATH: &str = "/api/health/ready";

/// Ask the running server whether it is ready
///
/// The exit code is 0 if it is, and 1 if not. For containers and scripts, which need
/// no other program for it then.
#[derive(Debug, Args)]
pub struct Healthcheck {
    #[command(flatten)]
    flags: SettingFlags<OfAddress>,
}

impl Healthcheck {
    pub fn flags(&self) -> Flags {
        self.flags.given()
    }

    pub async fn run(self, program: &Program) -> Result<ExitCode, Failure> {
        check(&program.config.http).await
    }
}

async fn check(config: &HttpConfig) -> Result<ExitCode, Failure> {
    if config.port == 0 {
        return Err(Failure::Usage(
            "PORT is 0, any free one: nobody knows which the server has got\n\
             Add --port with the one that it printed."
                .to_owned(),
        ));
    }
    let (host, port) = (reachable(&config.host), config.port);
    let answer = timeout(PATIENCE, ask(&host, port)).await;
    let (status, body) = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            return Err(Failure::Failed(format!(
                "no answer from {host}, port {port}: {}",
                with_causes(error.as_ref())
            )));
        }
        Err(_) => {
            return Err(Failure::Failed(format!(
                "no answer from {host}, port {port} within {} seconds",
                PATIENCE.as_secs()
            )));
        }
    };
    if status != StatusCode::OK {
        return Err(Failure::Failed(format!(
            "not ready: {status} {}",
            body.escape_debug()
        )));
    }
    print("ready\n")?;
    Ok(ExitCode::SUCCESS)
}

/// Where a server that listens there can be reached from its own machine: "any
/// address" is none, and `::` may have become `0.0.0.0`.
fn reachable(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "localhost".to_owned(),
        _ => host.to_owned(),
    }
}

async fn ask(host: &str, port: u16) -> Result<(StatusCode, String), Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get(PATH)
        .header(HOST, "localhost")
        .body(Empty::<Bytes>::new())?;
    // It ends with the exchange, or before it where there will be no answer, which the exchange is
    // told.
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), LONGEST)
        .collect()
        .await?;
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    Ok((status, text))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Asks a server that answers this and hangs up.
    async fn asked(answer: &'static str) -> Option<(StatusCode, String)> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        };
        let (asked, ()) = tokio::join!(ask("127.0.0.1", port), serve);
        asked.ok()
    }

    #[tokio::test]
    async fn an_answer_counts_whose_server_hangs_up_behind_it() {
        const DRAINING: &str = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\
                                Content-Length: 8\r\n\r\ndraining";
        for _ in 0..20 {
            let answer = (StatusCode::SERVICE_UNAVAILABLE, "draining".to_owned());
            assert_eq!(asked(DRAINING).await, Some(answer));
        }
        assert_eq!(asked("").await, None);
    }

    #[test]
    fn a_server_on_any_address_is_asked_on_its_own_machine() {
        for (host, reached) in [
            ("0.0.0.0", "127.0.0.1"),
            ("::", "localhost"),
            ("192.0.2.1", "192.0.2.1"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(reachable(host), reached);
        }
    }
}
