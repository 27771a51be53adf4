//! The interactive reference in a real browser, used as a person uses it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::observability::{metrics_address, read, value};
use crate::secrets;
use crate::support::{Kind, PASSWORD, Server, TestDatabase, email, hexpress, stderr, stdout};

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

    /// Opens the page at `/docs`, logs somebody in through it, and lets it use the token.
    async fn log_in(&self, server: &Server, email: &str, password: &str) {
        self.open(&format!("http://{}/docs", server.address)).await;
        let login = self.unfold("Authentication-login").await;
        let credentials = json!({"email": email, "password": password}).to_string();
        self.write(&format!("{login} textarea"), &credentials).await;
        let (status, logged_in) = self.execute(&login).await;
        assert_eq!(status, "200", "{logged_in}");
        let token = logged_in["data"]["token"].as_str().unwrap();
        secrets::remember(token);
        self.click(".btn.authorize").await;
        self.write(".auth-container input", token).await;
        self.click(".auth-btn-wrapper .authorize").await;
        self.click(".auth-btn-wrapper .btn-done").await;
    }

    /// Shows an operation of the page, and gives the selector of it.
    async fn unfold(&self, operation: &str) -> String {
        let operation = format!("#operations-{operation}");
        self.click(&format!("{operation} .opblock-summary-control"))
            .await;
        operation
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
    browser.log_in(&server, &email("ada"), PASSWORD).await;

    let me = browser.unfold("Authentication-me").await;
    let (status, account) = browser.execute(&me).await;
    assert_eq!(status, "200", "{account}");
    assert_eq!(account["data"]["email"], email("ada"));

    let elsewhere = "performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin) && !n.startsWith('data:'))";
    assert_eq!(browser.until(elsewhere).await, json!([]));
    let complaints = browser.send("/se/log", json!({"type": "browser"})).await;
    assert_eq!(complaints, json!([]));
}

#[tokio::test]
async fn a_stranger_gets_from_the_start_to_a_published_post_and_to_an_orderly_stop() {
    let folder = tempfile::tempdir().unwrap();
    let at_home = |arguments: &[&str]| {
        let mut command = hexpress(folder.path());
        command.args(arguments).env("APP_ENV", "development");
        command
    };
    let mut serve = at_home(&["--port", "0"]);
    serve.env("METRICS_ADDR", "127.0.0.1:0");
    let server = Server::spawn(serve);
    let metrics = metrics_address(&server);

    let seeded = at_home(&["seed"]).output().unwrap();
    assert!(seeded.status.success(), "{}", stderr(&seeded));
    let printed = stdout(&seeded);
    let (people, password) = printed.trim_end().rsplit_once("password: ").unwrap();
    secrets::remember(password);
    let mut users = people.lines().filter(|line| line.ends_with("(user)"));
    let email = users.next().unwrap().split_whitespace().next().unwrap();

    let browser = Browser::start().await;
    browser.log_in(&server, email, password).await;
    let create = browser.unfold("Posts-create_post").await;
    let post = json!({"title": "A stranger's first post", "content": "Hello."}).to_string();
    browser.write(&format!("{create} textarea"), &post).await;
    let (status, draft) = browser.execute(&create).await;
    assert_eq!(status, "201", "{draft}");
    let id = draft["data"]["id"].as_str().unwrap();

    let publish = browser.unfold("Posts-publish_post").await;
    let id_field = "tr[data-param-name=id] input";
    browser.write(&format!("{publish} {id_field}"), id).await;
    let (status, published) = browser.execute(&publish).await;
    assert_eq!(status, "200", "{published}");
    let path = format!("/api/posts/{id}");
    let found = server.anonymous().get(&path).await;
    assert_eq!(found.body["data"]["content"], "Hello.", "{}", found.body);

    let (_, counted) = read(metrics, "/metrics").await;
    for (method, route, status) in [
        ("POST", "/api/auth/login", 200),
        ("POST", "/api/posts", 201),
        ("POST", "/api/posts/{id}/publish", 200),
        ("GET", "/api/posts/{id}", 200),
    ] {
        let labels = format!(r#"{{method="{method}",route="{route}",status="{status}"}}"#);
        let requests = value(&counted, &format!("hexpress_http_requests_total{labels}"));
        assert_eq!(requests, 1.0, "{labels}");
    }
    assert_eq!(server.terminate().code(), Some(0));
}
