//! The real program on a real port, and clients that speak of accounts.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use hexpress_conformance::{Contract, Exchange};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use url::Position;

pub use hexpress_test_support::{Kind, OwnPostgres, TestDatabase};

use crate::secrets;

pub const PASSWORD: &str = "correct horse";

/// How long a program may take for what it does at once on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long an idle connection is used again: less than the server keeps it, which may end one
/// while a test waits for something else.
const REUSE: Duration = Duration::from_secs(30);

/// What a server's greeting ends with.
const LAST_LINE: &str = "Ctrl-C stops it.";

/// The program with an environment of its own, in a folder of its own.
pub fn hexpress(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hexpress"));
    command
        .env_clear()
        .env("APP_ENV", "test")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a command of the program against a database, with a line on its standard
/// input.
pub fn run(database: &TestDatabase, arguments: &[&str], input: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut child = hexpress(folder.path())
        .args(arguments)
        .env("DATABASE_URL", database.url())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    secrets::remember(input.trim_end());
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, input.as_bytes()).ok();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    // What it says is looked through.
    stderr(&output);
    output
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a command has said of its way and of its failure, which is no secret.
pub fn stderr(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    secrets::assert_none_in(&said);
    said
}

/// A running server, killed when it is dropped. It logs all that it can, and at its end
/// the log is looked through: it tells no secret, and each line of it is JSON, unless
/// the test has settings of its own.
pub struct Server {
    child: Child,
    log: Option<thread::JoinHandle<String>>,
    logs_json: bool,
    pub address: SocketAddr,
    /// What it printed until it was ready.
    pub greeting: String,
    client: Client,
}

impl Server {
    /// Starts on a database, with further settings, and waits until it answers.
    pub fn start(database: &TestDatabase, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = hexpress(folder.path());
        command.env("DATABASE_URL", database.url());
        command.envs(settings.iter().copied());
        Self::spawn(command)
    }

    /// Starts a command that ends in a server, and waits until it answers.
    pub fn spawn(mut command: Command) -> Self {
        let is_unset = |name: &str| command.get_envs().all(|(set, _)| set != name);
        let log_all = [("LOG_FORMAT", "json"), ("LOG_LEVEL", "debug")];
        let log_all: Vec<_> = log_all
            .into_iter()
            .filter(|(name, _)| is_unset(name))
            .collect();
        command.envs(log_all);
        let json = (OsStr::new("LOG_FORMAT"), Some(OsStr::new("json")));
        let logs_json = command.get_envs().any(|setting| setting == json);
        // A build of the whole workspace gives reqwest TLS (hexpress-client has it), and no provider.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let mut child = command.spawn().unwrap();
        let log = collect(child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                sender.send(line).ok();
            }
        });
        let mut greeting = String::new();
        let mut address = None;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let patience = deadline.saturating_duration_since(Instant::now());
            match lines.recv_timeout(patience) {
                Ok(line) => {
                    address = address.or_else(|| address_in(&line));
                    greeting.push_str(&line);
                    greeting.push('\n');
                    if line == LAST_LINE {
                        break;
                    }
                }
                Err(_) => {
                    child.kill().ok();
                    child.wait().ok();
                    panic!("no server: {greeting}{}", log.join().unwrap());
                }
            }
        }
        Self {
            child,
            log: Some(log),
            logs_json,
            address: address.unwrap(),
            greeting,
            client: Client::builder()
                .no_proxy()
                .pool_idle_timeout(REUSE)
                .build()
                .unwrap(),
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and what the program ended with.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// SIGTERM, and all that the program has logged.
    pub fn terminate_and_log(mut self) -> String {
        self.signal("TERM");
        assert!(self.wait().success());
        self.take_log()
    }

    /// What the program has logged until its end, after a look through it.
    fn take_log(&mut self) -> String {
        let log = self.log.take().unwrap().join().unwrap();
        secrets::assert_none_in(&log);
        let lines = log.split_inclusive('\n').filter(|_| self.logs_json);
        // A kill may come within the last one.
        for line in lines.filter(|line| line.ends_with('\n')) {
            let parsed = serde_json::from_str::<Value>(line);
            assert!(parsed.is_ok_and(|line| line.is_object()), "no JSON: {line}");
        }
        log
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            thread::yield_now();
        }
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Caller {
        Caller {
            client: self.client.clone(),
            base: format!("http://{}", self.address),
            token: None,
            id: String::new(),
        }
    }

    /// A client with somebody's token.
    pub fn with_token(&self, token: &str) -> Caller {
        Caller {
            token: Some(token.to_owned()),
            ..self.anonymous()
        }
    }

    /// Signs somebody up and logs them in.
    pub async fn sign_up(&self, name: &str) -> Caller {
        let email = email(name);
        let anonymous = self.anonymous();
        let signed_up = anonymous.post("/api/users", sign_up(&email)).await;
        assert_eq!(signed_up.status, 201, "{}", signed_up.body);
        self.log_in(name).await
    }

    /// Logs somebody in who has signed up.
    pub async fn log_in(&self, name: &str) -> Caller {
        let login = self.anonymous().log_in(&email(name), PASSWORD).await;
        assert_eq!(login.status, 200, "{}", login.body);
        Caller {
            id: text(&login.body["data"]["user"]["id"]),
            ..self.with_token(&text(&login.body["data"]["token"]))
        }
    }

    /// Creates somebody of a role by the command line and logs them in.
    pub async fn user_of(&self, database: &TestDatabase, name: &str, role: &str) -> Caller {
        create_user(database, name, role);
        self.log_in(name).await
    }

    /// Creates an admin by the command line and logs them in.
    pub async fn admin(&self, database: &TestDatabase, name: &str) -> Caller {
        create_admin(database, name);
        self.log_in(name).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if self.log.is_some() && !thread::panicking() {
            self.take_log();
        }
    }
}

pub fn create_admin(database: &TestDatabase, name: &str) {
    create_user(database, name, "admin");
}

pub fn create_user(database: &TestDatabase, name: &str, role: &str) {
    let created = run(
        database,
        &[
            "user",
            "create",
            "--email",
            &email(name),
            "--first-name",
            name,
            "--last-name",
            "Admin",
            "--role",
            role,
            "--password-stdin",
        ],
        &format!("{PASSWORD}\n"),
    );
    assert!(created.status.success(), "{}", stderr(&created));
}

/// The body of an order.
pub fn cart(lines: &[(&Value, u32)]) -> Value {
    let lines = lines.iter();
    let items: Vec<_> = lines
        .map(|(product, quantity)| json!({"productId": product["id"], "quantity": quantity}))
        .collect();
    json!({ "items": items })
}

/// Checks that PostgreSQL's planner goes by what is in a table, and not by what it takes new
/// tables for.
pub async fn assert_known_to_the_planner(
    database: &TestDatabase,
    kind: Kind,
    table: &str,
    rows: u32,
) {
    if kind == Kind::Postgres {
        let sql = format!("SELECT reltuples::bigint FROM pg_class WHERE oid = '{table}'::regclass");
        let known = database.query_text(&sql).await;
        assert_eq!(known[0][0], Some(rows.to_string()));
    }
}

/// Checks that the ledger explains every stock, and the orders the ledger.
pub async fn assert_books_balance(database: &TestDatabase) {
    for sql in [
        "SELECT products.id, stock, sum(delta) FROM products
         JOIN stock_movements ON product_id = products.id
         GROUP BY products.id, stock HAVING stock <> sum(delta)",
        "SELECT orders.id FROM orders JOIN order_items ON order_items.order_id = orders.id
         LEFT JOIN stock_movements ON stock_movements.order_id = orders.id
             AND stock_movements.product_id = order_items.product_id
         GROUP BY orders.id, status, quantity, order_items.product_id
         HAVING coalesce(sum(delta), 1) <> CASE status WHEN 'cancelled' THEN 0 ELSE -quantity END",
        "SELECT orders.id FROM orders JOIN order_items ON order_items.order_id = orders.id
         GROUP BY orders.id, total_cents HAVING total_cents <> sum(quantity * unit_price_cents)",
    ] {
        let rows = database.query_text(sql).await;
        assert!(rows.is_empty(), "{sql}: {rows:?}");
    }
}

pub fn email(name: &str) -> String {
    format!("{name}@example.org")
}

pub fn sign_up(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "firstName": "Ada", "lastName": "Lovelace"})
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    let end = rest.find(|character: char| character == '/' || character.is_whitespace());
    rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
}

fn collect(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        stream.read_to_string(&mut text).ok();
        text
    })
}

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Caller {
    client: Client,
    base: String,
    token: Option<String>,
    /// The user's id; empty for an anonymous caller.
    pub id: String,
}

/// What the API answered.
pub struct Answer {
    pub status: StatusCode,
    pub etag: String,
    pub retry_after: Option<u64>,
    pub location: String,
    /// Whether it says that it is the answer that was given before.
    pub is_replayed: bool,
    pub body: Value,
}

impl Caller {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn post_with_key(&self, key: &str, path: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, path);
        send(request.header("idempotency-key", key).json(&body)).await
    }

    /// Puts a product into the catalogue.
    pub async fn create_product(&self, name: &str, price: u32, stock: u32) -> Value {
        let body = json!({"name": name, "priceCents": price, "currency": "EUR", "stock": stock});
        let created = self.post("/api/products", body).await;
        assert_eq!(created.status, 201, "{}", created.body);
        created.body["data"].clone()
    }

    pub async fn stock_of(&self, product: &Value) -> u64 {
        let path = format!("/api/products/{}", text(&product["id"]));
        let answer = self.get(&path).await;
        answer.body["data"]["stock"].as_u64().unwrap()
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn patch_if(&self, etag: &str, path: &str, body: Value) -> Answer {
        let request = self.request(Method::PATCH, path).header(IF_MATCH, etag);
        send(request.json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    /// Writes a post and returns it.
    pub async fn write(&self, post: Value) -> Value {
        let written = self.post("/api/posts", post).await;
        assert_eq!(written.status, 201, "{}", written.body);
        written.body["data"].clone()
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        self.post("/api/auth/login", body).await
    }

    /// Whether the API still knows the caller.
    pub async fn is_known(&self) -> bool {
        let me = self.get("/api/auth/me").await;
        match me.status.as_u16() {
            200 => true,
            401 => false,
            status => panic!("{status}: {}", me.body),
        }
    }

    /// The token, for programs that call by themselves.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    pub fn path(&self) -> String {
        format!("/api/users/{}", self.id)
    }
}

/// What the document promises.
static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::new(hexpress_web::openapi("")));

pub async fn send(request: RequestBuilder) -> Answer {
    try_send(request).await.unwrap()
}

/// Sends a request where no answer may come. Every one that does is compared with the document.
pub async fn try_send(request: RequestBuilder) -> reqwest::Result<Answer> {
    let (client, request) = request.build_split();
    let request = request?;
    let (method, url) = (request.method().clone(), request.url().clone());
    let content_type = request.headers().get(CONTENT_TYPE);
    let content_type = content_type.map(|value| value.to_str().unwrap().to_owned());
    let sent = request.body().and_then(|body| body.as_bytes());
    let sent = sent.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
    let sent = content_type.zip(sent);
    if let Some(Ok(body)) = sent.as_ref().map(|(_, text)| serde_json::from_str(text)) {
        secrets::remember_those_in(&body);
    }
    let response = client.execute(request).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await?;

    let pairs = headers.iter();
    let pairs: Vec<_> = pairs
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    let departures = CONTRACT.departures(&Exchange {
        method: method.as_str(),
        path: &url[Position::BeforePath..],
        request: sent
            .as_ref()
            .map(|(kind, text)| (kind.as_str(), text.as_str())),
        status: status.as_u16(),
        headers: &pairs,
        body: &text,
    });
    assert!(departures.is_empty(), "{departures:#?}\n{text}");

    let header = |name| {
        let value = headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let body = serde_json::from_str(&text).unwrap_or_default();
    secrets::remember_those_in(&body);
    Ok(Answer {
        status,
        etag: header("etag").unwrap_or_default(),
        retry_after: header("retry-after").map(|seconds| seconds.parse().unwrap()),
        location: header("location").unwrap_or_default(),
        is_replayed: header("idempotency-replayed").is_some_and(|value| value == "true"),
        body,
    })
}
