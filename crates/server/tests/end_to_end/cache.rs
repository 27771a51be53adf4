//! What readers are shown from memory is never older than is promised: on the
//! instance that writes, on others, and on none where rights were taken away.

use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{
    Answer, Caller, Kind, PASSWORD, Server, TestDatabase, cart, email, run, stderr, text,
};

/// `CACHE_MAX_AGE_MS`, where nothing else is set.
const MAX_AGE: Duration = Duration::from_millis(500);

const LIST: &str = "/api/posts?sortBy=title&order=asc";

fn by_id(post: &Value) -> String {
    format!("/api/posts/{}", text(&post["id"]))
}

fn by_slug(post: &Value) -> String {
    format!("/api/posts/slug/{}", text(&post["slug"]))
}

async fn publish(author: &Caller, title: &str) -> Value {
    let post = json!({"title": title, "content": "Once", "slug": "engines", "status": "published"});
    author.write(post).await
}

/// What a reader is shown of a post, by every way that leads to it.
async fn shown(reader: &Caller, post: &Value) -> [Value; 3] {
    let (id, slug) = (by_id(post), by_slug(post));
    let (id, slug, list) = tokio::join!(reader.get(&id), reader.get(&slug), reader.get(LIST));
    let data = |answer: Answer| answer.body["data"].clone();
    [data(id), data(slug), data(list)[0].clone()]
}

async fn change(caller: &Caller, path: &str, body: Value) -> Answer {
    let changed = caller.patch(path, body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    changed
}

#[rstest]
#[tokio::test]
async fn if_match_is_compared_with_the_database(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[("CACHE_MAX_AGE_MS", "600000")]);
    let reader = server.anonymous();
    let admin = server.admin(&database, "root").await;
    let post = publish(&admin, "On Engines").await;
    let product = admin.create_product("Engine", 250, 7).await;
    let product = format!("/api/products/{}", text(&product["id"]));
    let paths = [by_id(&post), by_slug(&post), product];
    let mut tags = Vec::new();
    for path in &paths {
        tags.push(reader.get(path).await.etag);
    }
    // Past this instance, which goes on to show what it has kept.
    for table in ["posts", "products"] {
        let sql = format!("UPDATE {table} SET version = version + 1");
        database.execute(&sql).await;
    }
    for (path, tag) in paths.iter().zip(&tags) {
        assert_eq!(reader.get(path).await.etag, *tag);
        let request = reader.request(Method::GET, path).header("If-Match", tag);
        assert_eq!(request.send().await.unwrap().status(), 412, "{path}");
    }
}

#[rstest]
#[tokio::test]
async fn a_write_is_seen_at_once_where_it_was_made(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    // Nothing grows too old while this runs.
    let server = Server::start(&database, &[("CACHE_MAX_AGE_MS", "600000")]);
    let (reader, ada) = (server.anonymous(), server.sign_up("ada").await);
    let post = publish(&ada, "On Engines").await;
    // Reads that are under way whenever something is written.
    let mut crowd = JoinSet::new();
    for path in [by_id(&post), by_slug(&post), LIST.to_owned()] {
        let reader = reader.clone();
        crowd.spawn(async move {
            loop {
                reader.request(Method::GET, &path).send().await.ok();
            }
        });
    }
    for round in 0..5 {
        let title = format!("On Engines, {round}");
        change(&ada, &by_id(&post), json!({"title": title})).await;
        for shown in shown(&reader, &post).await {
            assert_eq!(shown["title"], title);
        }
        let name = format!("Ada {round}");
        change(&ada, &ada.path(), json!({"firstName": name})).await;
        for shown in shown(&reader, &post).await {
            assert_eq!(shown["author"]["firstName"], name);
        }
    }
    let archived = json!({"status": "archived"});
    change(&ada, &by_id(&post), archived).await;
    assert_eq!(
        shown(&reader, &post).await,
        [Value::Null, Value::Null, Value::Null]
    );
    crowd.shutdown().await;
}

#[rstest]
#[tokio::test]
async fn an_order_moves_the_stock_that_is_shown(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let (ada, admin) = (
        server.sign_up("ada").await,
        server.admin(&database, "root").await,
    );
    let product = admin.create_product("Engine", 250, 9).await;
    let listed = async || {
        let list = ada.get("/api/products").await;
        list.body["data"][0]["stock"].as_u64().unwrap()
    };
    assert_eq!((ada.stock_of(&product).await, listed().await), (9, 9));
    let order = ada.post("/api/orders", cart(&[(&product, 4)])).await;
    assert_eq!((ada.stock_of(&product).await, listed().await), (5, 5));
    let cancel = format!("/api/orders/{}/cancel", text(&order.body["data"]["id"]));
    assert_eq!(ada.post(&cancel, json!({})).await.status, 200);
    assert_eq!((ada.stock_of(&product).await, listed().await), (9, 9));
    let path = format!("/api/products/{}", text(&product["id"]));
    change(&admin, &path, json!({"stockDelta": -1})).await;
    assert_eq!((ada.stock_of(&product).await, listed().await), (8, 8));
}

/// What is for sale is all that most may see: admins who ask for just that are shown the
/// same page, which was read once.
#[rstest]
#[tokio::test]
async fn a_cursor_leads_on_whoever_was_first_to_read_the_page(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[("CACHE_MAX_AGE_MS", "600000")]);
    let (reader, admin) = (server.anonymous(), server.admin(&database, "root").await);
    for name in ["Engine", "Loom", "Wheel"] {
        admin.create_product(name, 250, 9).await;
    }
    let page = "/api/products?sortBy=name&order=asc&limit=1";
    let page_of_admin = format!("{page}&isActive=true");
    // Each of them is once the first.
    for pages in [
        [(&admin, page_of_admin.as_str()), (&reader, page)],
        [(&reader, page), (&admin, &page_of_admin)],
    ] {
        for (caller, page) in pages {
            let first = caller.get(page).await;
            let cursor = text(&first.body["pagination"]["nextCursor"]);
            let second = caller.get(&format!("{page}&cursor={cursor}")).await;
            assert_eq!(second.body["data"][0]["name"], "Loom", "{}", second.body);
        }
        admin.create_product("Zither", 250, 9).await;
    }
}

#[rstest]
#[tokio::test]
async fn slow_a_write_is_seen_elsewhere_when_what_was_read_is_too_old(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let (here, elsewhere) = (Server::start(&database, &[]), Server::start(&database, &[]));
    let (reader, ada) = (elsewhere.anonymous(), here.sign_up("ada").await);
    let post = publish(&ada, "On Engines").await;
    for round in 0..3 {
        shown(&reader, &post).await;
        let title = format!("On Engines, {round}");
        change(&ada, &by_id(&post), json!({"title": title})).await;
        let end = Instant::now() + MAX_AGE;
        // Being asked for does not make it younger.
        while Instant::now() < end {
            shown(&reader, &post).await;
        }
        for shown in shown(&reader, &post).await {
            assert_eq!(shown["title"], title);
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_condition_is_checked_against_what_is_stored(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let (here, elsewhere) = (Server::start(&database, &[]), Server::start(&database, &[]));
    let ada = here.sign_up("ada").await;
    let ada_elsewhere = elsewhere.with_token(ada.token());
    let post = publish(&ada, "On Engines").await;
    let seen = ada_elsewhere.get(&by_id(&post)).await;
    let changed = change(&ada, &by_id(&post), json!({"title": "On Looms"})).await;
    let title = json!({"title": "On Computing"});
    let path = by_id(&post);
    let stale = ada_elsewhere.patch_if(&seen.etag, &path, title.clone());
    assert_eq!(stale.await.status, 412);
    let current = ada_elsewhere.patch_if(&changed.etag, &path, title);
    assert_eq!(current.await.status, 200);
}

/// Takes rights away on one instance, and looks at once whether another still grants
/// them, to which the caller has just spoken.
#[rstest]
#[tokio::test]
async fn what_is_taken_away_is_granted_nowhere_any_more(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let (here, elsewhere) = (Server::start(&database, &[]), Server::start(&database, &[]));
    let admin = here.admin(&database, "root").await;

    let ada = here.sign_up("ada").await;
    let known_elsewhere =
        async |caller: &Caller| elsewhere.with_token(caller.token()).is_known().await;
    assert!(known_elsewhere(&ada).await);
    let logout = ada.post("/api/auth/logout", json!({})).await;
    assert_eq!(logout.status, 200);
    assert!(!known_elsewhere(&ada).await, "after a logout");

    let (ada, other) = (here.log_in("ada").await, here.log_in("ada").await);
    assert!(known_elsewhere(&other).await);
    let password = json!({"password": "another horse", "currentPassword": PASSWORD});
    change(&ada, &ada.path(), password).await;
    assert!(!known_elsewhere(&other).await, "after another password");

    assert!(known_elsewhere(&ada).await);
    change(&admin, &ada.path(), json!({"isActive": false})).await;
    assert!(!known_elsewhere(&ada).await, "after a deactivation");

    let hedy = here.user_of(&database, "hedy", "moderator").await;
    let hedy_elsewhere = elsewhere.with_token(hedy.token());
    assert_eq!(hedy_elsewhere.get("/api/users").await.status, 200);
    change(&admin, &hedy.path(), json!({"role": "user"})).await;
    let users = hedy_elsewhere.get("/api/users").await;
    assert_eq!(users.status, 403, "after a demotion");

    let grace = here.sign_up("grace").await;
    assert!(known_elsewhere(&grace).await);
    let deactivated = run(
        &database,
        &["user", "deactivate", "--email", &email("grace")],
        "",
    );
    assert!(deactivated.status.success(), "{}", stderr(&deactivated));
    assert!(
        !known_elsewhere(&grace).await,
        "after a deactivation by command"
    );

    let joan = here.sign_up("joan").await;
    assert!(known_elsewhere(&joan).await);
    assert_eq!(joan.delete(&joan.path()).await.status, 200);
    assert!(!known_elsewhere(&joan).await, "after a deletion");
}
