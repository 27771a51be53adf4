//! `hexpress db copy`.

use std::path::Path;
use std::process::Output;

use rstest::rstest;

use crate::support::{
    Kind, Server, TestDatabase, assert_books_balance, assert_known_to_the_planner, cart, hexpress,
    run, stderr, stdout,
};

fn copy(from: &str, to: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    hexpress(folder.path())
        .args(["db", "copy", "--from", from, "--to", to])
        .output()
        .unwrap()
}

/// Copies a database; returns what the command printed.
pub fn succeeds(from: &TestDatabase, to: &TestDatabase) -> String {
    let output = copy(from.url(), to.url());
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

pub fn other(kind: Kind) -> Kind {
    match kind {
        Kind::Sqlite => Kind::Postgres,
        Kind::Postgres => Kind::Sqlite,
    }
}

/// The tables that a copy fills. Triggers fill one, and one says that a copy is unfinished.
async fn tables() -> Vec<String> {
    let sql = "SELECT relname FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname
            NOT IN ('__diesel_schema_migrations', 'post_counts', 'unfinished_copies')";
    let migrated = TestDatabase::migrated(Kind::Postgres).await;
    let tables = migrated.query_text(sql).await;
    assert!(tables.len() >= 12, "{tables:?}");
    tables.into_iter().flatten().flatten().collect()
}

/// A database with rows in every table.
async fn seeded(kind: Kind, posts: &str) -> TestDatabase {
    let database = TestDatabase::migrated(kind).await;
    let seeding = run(&database, &["seed", "--users", "40", "--posts", posts], "");
    assert!(seeding.status.success(), "{}", stderr(&seeding));
    let server = Server::start(&database, &[("LOGIN_LIMIT_PER_MINUTE", "10")]);
    let ada = server.sign_up("ada").await;
    let wrong = server
        .anonymous()
        .log_in("ada@example.org", "not it at all")
        .await;
    assert_eq!(wrong.status, 401);
    // An old slug, and a text that needs care.
    let post = ada
        .write(serde_json::json!({
            "title": "Before", "status": "published", "excerpt": "a'b\"c\\d\te",
            "content": "\u{feff}line\r\nline\u{2028}\u{1f980} \u{202e}x", "metadata": {"b": 1.5, "a": [null]},
        }))
        .await;
    let path = format!("/api/posts/{}", post["id"].as_str().unwrap());
    let renamed = ada.patch(&path, serde_json::json!({"slug": "after"})).await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    assert_eq!(server.anonymous().get(&path).await.status, 200);
    let root = server.admin(&database, "root").await;
    let engine = root.create_product("Engine", 1_999, 5).await;
    let wheel = root.create_product("Wheel", 50, 100).await;
    let cart = cart(&[(&wheel, 9), (&engine, 2)]);
    let placed = ada.post_with_key("once", "/api/orders", cart).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    assert!(server.terminate().success());
    for table in tables().await {
        let count = database
            .query_text(&format!("SELECT count(*) FROM {table}"))
            .await;
        assert_ne!(count[0][0].as_deref(), Some("0"), "{table} is empty");
    }
    database
}

#[rstest]
#[tokio::test]
async fn a_copy_is_equal_and_so_is_the_copy_of_the_copy(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    // More than are written at once.
    let database = seeded(kind, "1100").await;
    let there = TestDatabase::empty(other(kind)).await;
    let back = TestDatabase::migrated(kind).await;
    let printed = succeeds(&database, &there);
    assert!(
        printed.contains("posts                 1101 rows"),
        "{printed}"
    );
    assert_known_to_the_planner(&there, other(kind), "posts", 1101).await;
    assert_eq!(succeeds(&there, &back), printed);
    for table in tables().await {
        let all = format!("SELECT * FROM {table} ORDER BY 1, 2");
        assert_eq!(
            back.query_text(&all).await,
            database.query_text(&all).await,
            "{table}"
        );
    }

    // People, their sessions, searches, views and old slugs are there.
    let server = Server::start(&there, &[]);
    let anybody = server.anonymous();
    let login = anybody
        .log_in("ada@example.org", crate::support::PASSWORD)
        .await;
    assert_eq!(login.status, 200, "{}", login.body);
    let found = anybody.get("/api/posts?search=\u{1f980}%20\u{202e}X").await;
    assert_eq!(found.body["data"][0]["slug"], "after", "{}", found.body);
    assert_eq!(found.body["data"][0]["viewCount"], 1);
    assert_eq!(anybody.get("/api/posts/slug/before").await.status, 200);
    let grace = server.sign_up("grace").await;
    grace
        .write(serde_json::json!({"title": "Written on the copy", "content": "…"}))
        .await;
    let catalogue = anybody.get("/api/products?search=wheel").await;
    let wheel = &catalogue.body["data"][0];
    let placed = grace.post("/api/orders", cart(&[(wheel, 1)])).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    assert_books_balance(&there).await;
}

#[rstest]
#[tokio::test]
async fn a_copy_that_breaks_off_leaves_a_target_that_says_so(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let source = seeded(other(kind), "20").await;
    let target = TestDatabase::migrated(kind).await;
    target
        .execute(match kind {
            Kind::Sqlite => {
                "CREATE TRIGGER breaks BEFORE INSERT ON kept_slugs BEGIN SELECT raise(ABORT, 'full'); END"
            }
            Kind::Postgres => "ALTER TABLE kept_slugs ADD CONSTRAINT breaks CHECK (slug = '')",
        })
        .await;
    let broken = copy(source.url(), target.url());
    assert_eq!(broken.status.code(), Some(1), "{}", stderr(&broken));
    let count = target.query_text("SELECT count(*) FROM posts").await;
    assert_ne!(count[0][0].as_deref(), Some("0"));

    let says_so = |output: Output| {
        let error = stderr(&output);
        let error: Vec<_> = error
            .lines()
            .filter(|line| !line.starts_with("copying"))
            .collect();
        assert_eq!(output.status.code(), Some(1), "{error:?}");
        assert_eq!(error.len(), 2, "{error:?}");
        assert!(error[0].contains("not whole"), "{error:?}");
        assert!(error[1].contains("migrate down --all"), "{error:?}");
    };
    says_so(run(&target, &["serve"], ""));
    says_so(run(&target, &["seed", "--yes"], ""));
    says_so(copy(source.url(), target.url()));
    let onwards = copy(target.url(), TestDatabase::empty(Kind::Sqlite).await.url());
    assert!(
        stderr(&onwards).contains("source is not whole"),
        "{}",
        stderr(&onwards)
    );

    // The way out that it names.
    let emptied = run(&target, &["migrate", "down", "--all", "--yes"], "");
    assert!(emptied.status.success(), "{}", stderr(&emptied));
    succeeds(&source, &target);
}

#[rstest]
#[tokio::test]
async fn what_arrives_as_something_else_is_noticed(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let source = seeded(other(kind), "20").await;
    let target = TestDatabase::migrated(kind).await;
    target
        .execute(match kind {
            Kind::Sqlite => {
                "CREATE TRIGGER meddles AFTER INSERT ON users WHEN new.role = 'moderator' BEGIN
                     UPDATE users SET last_name = last_name || '!' WHERE id = new.id;
                 END"
            }
            Kind::Postgres => {
                "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS
                     $$ BEGIN new.last_name = new.last_name || '!'; RETURN new; END $$;
                 CREATE TRIGGER meddles BEFORE INSERT ON users
                     FOR EACH ROW WHEN (new.role = 'moderator') EXECUTE FUNCTION meddle()"
            }
        })
        .await;
    let differs = copy(source.url(), target.url());
    let error = stderr(&differs);
    assert_eq!(differs.status.code(), Some(1), "{error}");
    assert!(error.contains("`users` differs"), "{error}");
    let refused = run(&target, &["serve"], "");
    assert!(
        stderr(&refused).contains("not whole"),
        "{}",
        stderr(&refused)
    );
}

#[tokio::test]
async fn a_copy_that_is_killed_leaves_its_mark() {
    let source = seeded(Kind::Sqlite, "20").await;
    let target = TestDatabase::migrated(Kind::Postgres).await;
    let held = target.begin("LOCK TABLE posts IN EXCLUSIVE MODE").await;
    let folder = tempfile::tempdir().unwrap();
    let mut copying = hexpress(folder.path())
        .args(["db", "copy", "--from", source.url(), "--to", target.url()])
        .spawn()
        .unwrap();
    target.wait_for_waiting(1).await;
    copying.kill().unwrap();
    copying.wait().unwrap();
    held.commit().await;
    let users = target.query_text("SELECT count(*) FROM users").await;
    assert_eq!(users[0][0].as_deref(), Some("42"));
    let refused = run(&target, &["serve"], "");
    assert!(
        stderr(&refused).contains("not whole"),
        "{}",
        stderr(&refused)
    );
}

#[rstest]
#[tokio::test]
async fn what_is_not_empty_is_not_overwritten(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let source = TestDatabase::migrated(other(kind)).await;
    let target = TestDatabase::migrated(kind).await;
    let seeding = run(&target, &["seed", "--users", "1", "--posts", "0"], "");
    assert!(seeding.status.success(), "{}", stderr(&seeding));
    let before = target.query_text("SELECT * FROM users").await;
    let refused = copy(source.url(), target.url());
    let error = stderr(&refused);
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(
        error.contains("`users`") && error.lines().count() <= 2,
        "{error}"
    );
    assert_eq!(target.query_text("SELECT * FROM users").await, before);
    // And it is no unfinished copy because of that.
    let server = Server::start(&target, &[]);
    assert_eq!(server.anonymous().get("/api/posts").await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_copied_is_said_in_two_lines() {
    let empty = TestDatabase::empty(Kind::Postgres).await;
    let migrated = TestDatabase::migrated(Kind::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.db");
    let missing_url = format!("sqlite://{}", missing.display());
    for (from, to, code, hint) in [
        (missing_url.as_str(), migrated.url(), 1, "there is no file"),
        (empty.url(), migrated.url(), 1, "migrate up"),
        (migrated.url(), migrated.url(), 2, "one database"),
        ("mysql://a/b", migrated.url(), 2, "--from must begin with"),
        (
            migrated.url(),
            "sqlite://:memory:",
            2,
            "--to names a database in memory",
        ),
    ] {
        let refused = copy(from, to);
        let error = stderr(&refused);
        assert_eq!(refused.status.code(), Some(code), "{error}");
        assert!(
            error.contains(hint) && error.lines().count() <= 2,
            "{error}"
        );
    }
    assert!(!Path::new(&missing).exists());
}
