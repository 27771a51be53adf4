//! `hexpress purge`.

use std::fs;

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{
    Caller, Kind, PASSWORD, Server, TestDatabase, assert_books_balance, cart, email, hexpress, run,
    stderr, stdout,
};

fn purge(database: &TestDatabase, arguments: &[&str]) -> String {
    let mut all = vec!["purge", "--deleted-before"];
    all.extend_from_slice(arguments);
    let output = run(database, &all, "");
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

async fn count(database: &TestDatabase, rows: &str) -> String {
    let counted = database
        .query_text(&format!("SELECT count(*) FROM {rows}"))
        .await;
    counted.into_iter().flatten().flatten().collect()
}

/// Says that what is deleted was so long ago.
async fn age(database: &TestDatabase, kind: Kind, table: &str) {
    let long_ago = match kind {
        Kind::Sqlite => "1577836800000000",
        Kind::Postgres => "'2020-01-01Z'",
    };
    let sql = format!("UPDATE {table} SET deleted_at = {long_ago} WHERE deleted_at IS NOT NULL");
    database.execute(&sql).await;
}

fn product(product: &Value) -> String {
    format!("/api/products/{}", product["id"].as_str().unwrap())
}

async fn publish(author: &Caller, title: &str) -> (String, String) {
    let content = format!("{title}, told by nobody but Quetzalcoatlus");
    let post = author
        .write(json!({"title": title, "content": content, "status": "published"}))
        .await;
    let id = post["id"].as_str().unwrap().to_owned();
    (
        format!("/api/posts/{id}"),
        post["slug"].as_str().unwrap().to_owned(),
    )
}

#[rstest]
#[tokio::test]
async fn what_was_deleted_goes_for_good_and_nothing_else(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let root = server.admin(&database, "root").await;
    let (ada, grace) = (server.sign_up("ada").await, server.sign_up("grace").await);
    let (of_ada, _) = publish(&ada, "A post of Ada").await;
    let renamed = ada.patch(&of_ada, json!({"slug": "renamed"})).await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    let (stays, _) = publish(&grace, "What stays").await;
    let (goes, slug) = publish(&grace, "What goes").await;
    assert_eq!(root.get(&goes).await.status, 200);
    let engine = root.create_product("Engine", 1_999, 5).await;
    assert_eq!(ada.delete(&ada.path()).await.status, 200);
    assert_eq!(grace.delete(&goes).await.status, 200);
    assert_eq!(root.delete(&product(&engine)).await.status, 200);
    age(&database, kind, "products").await;
    age(&database, kind, "users").await;
    age(&database, kind, "posts").await;
    let (later, _) = publish(&grace, "What goes later").await;
    assert_eq!(grace.delete(&later).await.status, 200);

    let told = "1 users, 2 posts, 1 old slugs and 1 products\n";
    let dry = purge(&database, &["2021-01-01", "--dry-run"]);
    assert_eq!(dry, format!("would remove {told}"));
    assert_eq!(
        count(&database, "users WHERE deleted_at IS NOT NULL").await,
        "1"
    );

    let done = purge(&database, &["2021-01-01", "--yes"]);
    assert_eq!(done, format!("removed {told}"));
    assert_eq!(count(&database, "users").await, "2");
    assert_eq!(count(&database, "posts").await, "2");
    assert_eq!(count(&database, "post_views").await, "2");
    assert_eq!(count(&database, "kept_slugs").await, "0");
    assert_eq!(count(&database, "products").await, "0");
    assert_books_balance(&database).await;
    let again = purge(&database, &["2021-01-01", "--yes"]);
    assert_eq!(
        again,
        "removed 0 users, 0 posts, 0 old slugs and 0 products\n"
    );

    // Nobody can bring it back, and all else works on.
    let restored = root
        .post(&format!("{}/restore", ada.path()), json!({}))
        .await;
    assert_eq!(restored.status, 404, "{}", restored.body);
    assert_eq!(
        root.post(&format!("{goes}/restore"), json!({}))
            .await
            .status,
        404
    );
    assert_eq!(
        root.post(&format!("{later}/restore"), json!({}))
            .await
            .status,
        200
    );
    assert_eq!(grace.get(&stays).await.status, 200);
    let (_, free) = publish(&grace, "What goes").await;
    assert_eq!(free, slug);
    assert_eq!(
        server
            .sign_up("ada")
            .await
            .get("/api/posts?search=ada")
            .await
            .status,
        200
    );
}

#[rstest]
#[tokio::test]
async fn orders_stay_without_the_person(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let root = server.admin(&database, "root").await;
    let ada = server.sign_up("ada").await;
    publish(&ada, "A post of Ada").await;
    let engine = root.create_product("Engine", 1_999, 5).await;
    let placed = ada
        .post_with_key("once", "/api/orders", cart(&[(&engine, 2)]))
        .await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    assert_eq!(ada.delete(&ada.path()).await.status, 200);
    assert_eq!(root.delete(&product(&engine)).await.status, 200);
    for table in ["users", "posts", "products"] {
        age(&database, kind, table).await;
    }

    let told = "1 users, 1 posts, 0 old slugs and 0 products\n";
    let dry = purge(&database, &["2021-01-01", "--dry-run"]);
    assert_eq!(dry, format!("would remove {told}"));
    assert_eq!(
        purge(&database, &["2021-01-01", "--yes"]),
        format!("removed {told}")
    );
    let order = root.get(&placed.location).await;
    assert_eq!(order.body["data"], placed.body["data"]);
    assert_books_balance(&database).await;

    let listed = root.get("/api/users?deleted=true").await;
    let shown = &listed.body["data"][0];
    assert_eq!(shown["id"].as_str(), Some(ada.id.as_str()));
    assert_eq!(shown["fullName"], "Deleted user");
    assert_eq!(shown["email"], "deleted@deleted.invalid");
    let listed = listed.body.to_string().to_lowercase();
    assert!(!listed.contains("ada"), "{listed}");
    let login = server.anonymous().log_in(&email("ada"), PASSWORD).await;
    assert_eq!(login.status, 401);
    assert_eq!(count(&database, "idempotency_keys").await, "0");

    // The person is forgotten: there is nobody to be brought back.
    let restored = root
        .post(&format!("{}/restore", ada.path()), json!({}))
        .await;
    assert_eq!(restored.status, 404, "{}", restored.body);
    let stranger = server.sign_up("stranger").await;
    assert_eq!(stranger.get(&ada.path()).await.status, 404);
    let again = purge(&database, &["2021-01-01", "--yes"]);
    assert_eq!(
        again,
        "removed 0 users, 0 posts, 0 old slugs and 0 products\n"
    );
}

/// SQLite only gives free the room in which it was, and that of earlier states of rows.
/// On PostgreSQL, where a purge and a restoring can overlap.
#[tokio::test]
async fn who_is_restored_meanwhile_stays_and_stays_logged_in() {
    let database = TestDatabase::migrated(Kind::Postgres).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    database
        .execute("UPDATE users SET deleted_at = '2020-01-01Z'")
        .await;
    let restoring = database.begin("UPDATE users SET deleted_at = NULL").await;
    let folder = tempfile::tempdir().unwrap();
    let purging = hexpress(folder.path())
        .args(["purge", "--deleted-before", "2021-01-01", "--yes"])
        .env("DATABASE_URL", database.url())
        .spawn()
        .unwrap();
    database.wait_for_waiting(1).await;
    restoring.commit().await;
    let purged = purging.wait_with_output().unwrap();
    assert!(purged.status.success(), "{}", stderr(&purged));
    assert!(
        stdout(&purged).contains("removed 0 users"),
        "{}",
        stdout(&purged)
    );
    assert!(ada.is_known().await);
}

#[tokio::test]
async fn the_file_holds_nothing_of_it_any_more() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let file = database.url().strip_prefix("sqlite://").unwrap();
    let holds = |text: &str| {
        let bytes = fs::read(file).unwrap();
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("zyxwvut").await;
    publish(&ada, "Among pterosaurs").await;
    assert_eq!(ada.delete(&ada.path()).await.status, 200);
    assert!(server.terminate().success());
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
    let told = ["zyxwvut", "Quetzalcoatlus", "among-pterosaurs", "qzyx"];
    assert!(told[..3].iter().all(|text| holds(text)));

    age(&database, Kind::Sqlite, "users").await;
    age(&database, Kind::Sqlite, "posts").await;
    purge(&database, &["2021-01-01", "--yes"]);
    assert!(!told.iter().any(|text| holds(text)));
}

#[tokio::test]
async fn a_purge_is_meant_or_refused() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    for (arguments, hint) in [
        (&["purge"][..], "--deleted-before"),
        (&["purge", "--deleted-before", "2021-01-01"], "--yes"),
        (
            &["purge", "--deleted-before", "soon", "--yes"],
            "2026-01-31",
        ),
        (
            &["purge", "--deleted-before", "9999-01-01", "--yes"],
            "future",
        ),
    ] {
        let refused = run(&database, arguments, "");
        let error = stderr(&refused);
        assert_eq!(refused.status.code(), Some(2), "{error}");
        assert!(
            error.contains(hint) && error.lines().count() <= 2,
            "{error}"
        );
    }
}
