//! Starting, refusing to start, being ready, and stopping.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use rstest::rstest;

use crate::support::{
    Kind, OwnPostgres, PASSWORD, Server, TestDatabase, create_admin, email, hexpress, run, sign_up,
    stderr,
};

#[tokio::test]
async fn the_first_start_makes_a_data_file_and_says_what_to_do_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = hexpress(folder.path());
    command.env("APP_ENV", "development").env("PORT", "0");
    let server = Server::spawn(command);
    // It holds people's data.
    for (path, mode) in [
        ("data", 0o700),
        ("data/hexpress.db", 0o600),
        ("data/hexpress.db-wal", 0o600),
    ] {
        let permissions = std::fs::metadata(folder.path().join(path))
            .unwrap()
            .permissions();
        assert_eq!(permissions.mode() & 0o777, mode, "{path}");
    }
    for hint in ["data/hexpress.db", "hexpress user create", "--role admin"] {
        assert!(server.greeting.contains(hint), "{}", server.greeting);
    }
    let health = server.anonymous().get("/api/health").await;
    assert_eq!(health.body["status"], "ok");
    assert_eq!(
        server.anonymous().get("/api/health/ready").await.status,
        200
    );
    assert!(server.terminate().success());

    let mut again = hexpress(folder.path());
    again.env("APP_ENV", "development").env("PORT", "0");
    assert!(Server::spawn(again).terminate().success());
}

#[test]
fn the_hint_makes_an_admin_of_the_same_database() {
    let folder = tempfile::tempdir().unwrap();
    let serve = || {
        let mut command = hexpress(folder.path());
        command
            .args(["--port", "0", "--database-url", "sqlite://my shop.db"])
            .env("APP_ENV", "development");
        Server::spawn(command)
    };
    let server = serve();
    let hint = server
        .greeting
        .lines()
        .find(|line| line.contains("user create"));
    let typed = std::process::Command::new("sh")
        .args(["-c", hint.unwrap()])
        .env("HEXPRESS_PASSWORD", PASSWORD)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(typed.status.success(), "{}", stderr(&typed));
    drop(server);
    let greeting = &serve().greeting;
    assert!(!greeting.contains("user create"), "{greeting}");
}

#[rstest]
#[tokio::test]
async fn the_hint_at_the_first_admin_goes_when_there_is_one(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    create_admin(&database, "root");
    let server = Server::start(&database, &[]);
    assert!(
        !server.greeting.contains("user create"),
        "{}",
        server.greeting
    );
}

#[rstest]
#[tokio::test]
async fn with_migrations_pending_it_refuses_and_names_the_command(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::empty(kind).await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = hexpress(folder.path());
    command
        .env("DATABASE_URL", database.url())
        .env("AUTO_MIGRATE", "false");
    assert_refused(&command.output().unwrap(), 1, &["hexpress migrate up"]);
}

#[test]
fn what_no_other_process_can_migrate_is_not_left_to_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = hexpress(folder.path());
    command
        .env("APP_ENV", "production")
        .env("DATABASE_URL", "sqlite://:memory:");
    let refused = command.output().unwrap();
    assert_refused(&refused, 1, &["AUTO_MIGRATE=true"]);
    assert!(!stderr(&refused).contains("migrate up"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn five_at_once_on_an_empty_database_run_each_migration_once(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::empty(kind).await;
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..5)
            .map(|_| scope.spawn(|| Server::start(&database, &[("AUTO_MIGRATE", "true")])))
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    for server in &servers {
        assert_eq!(
            server.anonymous().get("/api/health/ready").await.status,
            200
        );
    }
    let run = database
        .query_text("SELECT version FROM __diesel_schema_migrations")
        .await;
    let mut versions: Vec<_> = run.into_iter().flatten().collect();
    let count = versions.len();
    versions.sort();
    versions.dedup();
    assert!(count > 0);
    assert_eq!(versions.len(), count);
}

#[rstest]
#[tokio::test]
async fn a_migration_undone_under_it_ends_readiness(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let down = run(&database, &["migrate", "down", "--yes"], "");
    assert!(down.status.success(), "{}", stderr(&down));
    let patience = std::time::Duration::from_secs(10);
    let ready = tokio::time::timeout(patience, async {
        loop {
            let ready = server.anonymous().get("/api/health/ready").await;
            if ready.status == 503 {
                return ready;
            }
        }
    });
    assert_eq!(ready.await.unwrap().body["checks"]["migrations"], "pending");
    assert_eq!(server.anonymous().get("/api/health").await.status, 200);
}

#[rstest]
#[tokio::test]
async fn what_a_migration_takes_away_is_unavailable_until_it_is_back(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[("CACHE_MAX_BYTES", "0")]);
    let down = run(&database, &["migrate", "down", "--all", "--yes"], "");
    assert!(down.status.success(), "{}", stderr(&down));
    let anonymous = server.anonymous();
    let read = anonymous.get("/api/products").await;
    assert_eq!(read.status, 503, "{}", read.body);
    let body = sign_up(&email("ada"));
    let written = anonymous.post("/api/users", body.clone()).await;
    assert_eq!(written.status, 503, "{}", written.body);
    let up = run(&database, &["migrate", "up"], "");
    assert!(up.status.success(), "{}", stderr(&up));
    assert_eq!(anonymous.post("/api/users", body).await.status, 201);
}

#[rstest]
#[case::environment(&[("APP_ENV", "staging")], &["APP_ENV", "staging", "production"])]
#[case::number(&[("DB_POOL_MAX", "many")], &["DB_POOL_MAX", "many"])]
#[case::url(&[("DATABASE_URL", "mysql://localhost/shop")], &["DATABASE_URL", "postgres://"])]
#[case::secret(&[("DATABASE_URL", "postgres://ada:hunter22@localhost/shop?sslmode=maybe")], &["DATABASE_URL", "sslmode"])]
#[case::timeouts(&[("DB_LOCK_TIMEOUT_MS", "60000")], &["DB_LOCK_TIMEOUT_MS", "REQUEST_TIMEOUT_MS"])]
#[case::production(&[("APP_ENV", "production")], &["DATABASE_URL"])]
#[case::connections(&[("MAX_CONNECTIONS", "1000000")], &["MAX_CONNECTIONS is `1000000`", "files"])]
#[case::argon2(&[("APP_ENV", "production"), ("DATABASE_URL", "sqlite://a.db"), ("ARGON2_MEMORY_KIB", "8")], &["ARGON2_MEMORY_KIB", "19456"])]
fn a_bad_setting_is_named_with_the_way_out(
    #[case] settings: &[(&str, &str)],
    #[case] hints: &[&str],
) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = hexpress(folder.path());
    command.envs(settings.iter().copied());
    let refused = command.output().unwrap();
    assert_refused(&refused, 2, hints);
    assert!(!stderr(&refused).contains("hunter22"));
}

#[test]
fn an_unreachable_database_is_named() {
    // Bound and released again, so that nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("postgres://ada:hunter22@127.0.0.1:{port}/shop");
    let refused = start_on(&url);
    assert_refused(&refused, 1, &["127.0.0.1", &port.to_string()]);
    assert!(!stderr(&refused).contains("hunter22"));
}

#[test]
fn the_settings_in_use_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut parts = hexpress(folder.path());
    // Nobody listens at the port of discard.
    parts.env("DB_HOST", "127.0.0.1").env("DB_PORT", "9");
    let refused = parts.output().unwrap();
    assert_refused(&refused, 1, &["correct the DB_* settings"]);
    assert!(!stderr(&refused).contains("DATABASE_URL"));

    let mut flag = hexpress(folder.path());
    flag.args(["--database-url", "sqlite://a/b\nc/d.db"]);
    assert_refused(
        &flag.output().unwrap(),
        1,
        &["b\\nc", "correct --database-url"],
    );
}

/// As PostgreSQL 15 and later make a database for a role that does not own it.
#[tokio::test]
async fn a_schema_without_rights_is_told_with_the_grant() {
    let postgres = OwnPostgres::start();
    let url = postgres.url();
    let role = "CREATE ROLE ada LOGIN PASSWORD 'hunter22'; CREATE DATABASE shop;";
    for command in role.split_inclusive(';') {
        let made = postgres
            .client("psql")
            .args([&url, "--command", command])
            .output();
        assert!(made.unwrap().status.success());
    }
    let mut url: url::Url = url.parse().unwrap();
    url.set_username("ada").unwrap();
    url.set_password(Some("hunter22")).unwrap();
    url.set_path("/shop");
    let folder = tempfile::tempdir().unwrap();
    let mut command = hexpress(folder.path());
    command
        .args(["migrate", "up"])
        .env("DATABASE_URL", url.as_str());
    let refused = command.output().unwrap();
    assert_refused(
        &refused,
        1,
        &["permission denied for schema public", "GRANT"],
    );
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(
        &file,
        "not a database, but long enough to be taken for one".repeat(50),
    )
    .unwrap();
    let refused = start_on(&format!("sqlite://{}", file.display()));
    assert_refused(&refused, 1, &["notes.txt"]);
}

#[test]
fn a_read_only_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o555)).unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    // Permissions bind no superuser: the program is copied to where another user can run it.
    let program = folder.path().join("hexpress");
    std::fs::copy(env!("CARGO_BIN_EXE_hexpress"), &program).unwrap();
    let mut command = if std::fs::write(data.join("probe"), "").is_ok() {
        std::fs::remove_file(data.join("probe")).unwrap();
        let mut command = std::process::Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(&program);
        command
    } else {
        std::process::Command::new(&program)
    };
    let url = format!("sqlite://{}", data.join("shop.db").display());
    command
        .env("DATABASE_URL", url)
        .env("APP_ENV", "test")
        .current_dir(folder.path());
    assert_refused(&command.output().unwrap(), 1, &["shop.db"]);
}

#[tokio::test]
async fn a_wrong_password_to_the_database_is_named() {
    let database = TestDatabase::migrated(Kind::Postgres).await;
    let mut url: url::Url = database.url().parse().unwrap();
    url.set_password(Some("hunter22")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = hexpress(folder.path());
    command
        .args(["migrate", "status"])
        .env("DATABASE_URL", url.as_str());
    let refused = command.output().unwrap();
    if refused.status.success() {
        eprintln!("not tested: the server of TEST_DATABASE_URL takes any password");
        return;
    }
    assert_refused(&refused, 1, &["password"]);
    assert!(!stderr(&refused).contains("hunter22"));
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let mut command = hexpress(folder.path());
    command.env("PORT", &port);
    assert_refused(&command.output().unwrap(), 1, &[&port, "PORT"]);
}

fn start_on(url: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = hexpress(folder.path());
    command.env("DATABASE_URL", url);
    command.output().unwrap()
}

/// One or two lines that name the cause and the way out.
fn assert_refused(output: &Output, code: i32, hints: &[&str]) {
    let error = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{error}");
    let lines = error.lines().count();
    assert!((1..=2).contains(&lines), "{error}");
    for hint in hints {
        assert!(error.contains(hint), "no {hint} in: {error}");
    }
}
