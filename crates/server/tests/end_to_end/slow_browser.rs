//! The interactive reference in a real browser, used as a person uses it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Kind, PASSWORD, Server, TestDatabase, email};

/// How long a page may take for what it does at once on an idle machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A headless Chromium, driven through its driver (W3C WebDriver), and ended when it is dropped.
struct Browser {
    driver: Child,
    client: Client,
    /// Where the driver listens.
    address: String,
    /// The path of the browser's session.
    session: String,
    /// Open for as long as it may print.
    _output: BufReader<ChildStdout>,
    profile: TempDir,
}

impl Browser {
    async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "chromedriver cannot be started: {error}\n\
                     Install Chromium and its driver (on Debian: apt-get install chromium \
                     chromium-driver), or let scripts/test do it."
                )
            });
        let mut output = BufReader::new(driver.stdout.take().unwrap());
        let address = format!("127.0.0.1:{}", port_in(&mut output));
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self {
            driver,
            client: Client::builder().no_proxy().build().unwrap(),
            address,
            session: "/session".to_owned(),
            _output: output,
            profile,
        };
        let profile = format!("--user-data-dir={}", browser.profile.path().display());
        let options = json!({
            "args": [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1280,1600",
                profile,
            ],
        });
        let capabilities = json!({
            "alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}},
        });
        let session = browser
            .send("", json!({"capabilities": capabilities}))
            .await;
        let id = session["sessionId"].as_str().unwrap();
        browser.session = format!("/session/{id}");
        browser
    }

    async fn send(&self, command: &str, body: Value) -> Value {
        let url = format!("http://{}{}{command}", self.address, self.session);
        let request = self.client.post(url);
        let response = request.json(&body).send().await.unwrap();
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["value"]["error"], Value::Null, "{command}: {answer}");
        answer["value"].clone()
    }

    async fn open(&self, url: &str) {
        self.send("/url", json!({"url": url})).await;
    }

    /// Waits until a script returns something, and gives that.
    async fn until(&self, script: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let body = json!({"script": format!("return {script}"), "args": []});
            let value = self.send("/execute/sync", body).await;
            if !matches!(value, Value::Null | Value::Bool(false)) {
                return value;
            }
            assert!(Instant::now() < deadline, "{script}: {}", self.text().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn text(&self) -> String {
        let body = json!({"script": "return document.body.innerText", "args": []});
        self.send("/execute/sync", body).await.to_string()
    }

    /// The first element of a selector, once it can be seen.
    async fn element(&self, selector: &str) -> String {
        let script = format!(
            "Array.from(document.querySelectorAll({selector:?})).find(e => e.checkVisibility())"
        );
        let element = self.until(&script).await;
        let reference = element.as_object().unwrap().values().next();
        reference.unwrap().as_str().unwrap().to_owned()
    }

    async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        let script = "arguments[0].scrollIntoView({block: 'center'})";
        let reference = json!({"element-6066-11e4-a52e-4f735466cecf": element});
        let body = json!({"script": script, "args": [reference]});
        self.send("/execute/sync", body).await;
        self.send(&format!("/element/{element}/click"), json!({}))
            .await;
    }

    async fn write(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        self.send(&format!("/element/{element}/clear"), json!({}))
            .await;
        self.send(&format!("/element/{element}/value"), json!({"text": text}))
            .await;
    }

    /// Runs an operation of the page, and gives status and body of what it shows.
    async fn execute(&self, operation: &str) -> (String, Value) {
        self.click(&format!("{operation} .btn.execute")).await;
        let answer = format!("{operation} .live-responses-table .response");
        let status = self
            .until(&format!(
                "document.querySelector('{answer} .response-col_status')?.innerText"
            ))
            .await;
        let body = self
            .until(&format!(
                "document.querySelector('{answer} .highlight-code code')?.innerText"
            ))
            .await;
        let status = status.as_str().unwrap().trim().to_owned();
        (
            status,
            serde_json::from_str(body.as_str().unwrap()).unwrap(),
        )
    }
}

/// The port that the driver has picked.
fn port_in(output: &mut impl BufRead) -> String {
    let lines = output.lines().map_while(Result::ok);
    let port = lines.into_iter().find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    port.expect("chromedriver names its port")
}

/// Without the end of its session the browser would outlive its driver.
impl Drop for Browser {
    fn drop(&mut self) {
        let (address, path) = (&self.address, &self.session);
        if let Ok(mut connection) = TcpStream::connect(address) {
            let head =
                format!("DELETE {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
            connection.write_all(head.as_bytes()).ok();
            // The answer comes once the browser has ended.
            connection.set_read_timeout(Some(PATIENCE)).ok();
            connection.read_exact(&mut [0]).ok();
        }
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

#[tokio::test]
async fn a_person_logs_in_through_the_page_and_calls_an_endpoint() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let server = Server::start(&database, &[]);
    server.sign_up("ada").await;
    let browser = Browser::start().await;
    browser
        .open(&format!("http://{}/docs", server.address))
        .await;

    let login = "#operations-Authentication-login";
    browser
        .click(&format!("{login} .opblock-summary-control"))
        .await;
    let credentials = json!({"email": email("ada"), "password": PASSWORD}).to_string();
    browser
        .write(&format!("{login} textarea"), &credentials)
        .await;
    let (status, logged_in) = browser.execute(login).await;
    assert_eq!(status, "200", "{logged_in}");
    let token = logged_in["data"]["token"].as_str().unwrap();

    browser.click(".btn.authorize").await;
    browser.write(".auth-container input", token).await;
    browser.click(".auth-btn-wrapper .authorize").await;
    browser.click(".auth-btn-wrapper .btn-done").await;

    let me = "#operations-Authentication-me";
    browser
        .click(&format!("{me} .opblock-summary-control"))
        .await;
    let (status, account) = browser.execute(me).await;
    assert_eq!(status, "200", "{account}");
    assert_eq!(account["data"]["email"], email("ada"));

    let elsewhere = "performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin) && !n.startsWith('data:'))";
    assert_eq!(browser.until(elsewhere).await, json!([]));
    let complaints = browser.send("/se/log", json!({"type": "browser"})).await;
    assert_eq!(complaints, json!([]));
}
