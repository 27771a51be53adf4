//! A database of the last release comes up with this program, and nothing that was there is lost:
//! neither to who looks at the tables nor to who asks the API.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use rstest::rstest;
use serde_json::{Value, json};

use self::rows::{API_TOKEN, METADATA, SESSION, content, insert};
use crate::support::{
    Answer, Caller, Kind, PASSWORD, Server, TestDatabase, assert_books_balance, email, run, stderr,
};

/// The newest migration of the last release. All later ones are run on its rows.
const LAST_RELEASE: &str = "20261105000000";

fn uuid(number: u8) -> String {
    format!("00000000-0000-0000-0000-{number:012}")
}

/// A row: its columns and what stands in them.
type Row = BTreeMap<String, Option<String>>;

/// The rows of all tables.
async fn contents(kind: Kind, database: &TestDatabase) -> BTreeMap<String, Vec<Row>> {
    let columns = database
        .query_text(match kind {
            Kind::Sqlite => {
                "SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c
                 WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT GLOB 'sqlite_*'
                     AND t.name NOT GLOB '*_search_rows'"
            }
            Kind::Postgres => {
                "SELECT table_name, column_name FROM information_schema.columns
                 WHERE table_schema = current_schema()"
            }
        })
        .await;
    let mut columns_of = BTreeMap::<_, Vec<_>>::new();
    for column in columns {
        let [table, column] = <[_; 2]>::try_from(column).unwrap().map(Option::unwrap);
        // Each program folds what can be searched in its own way.
        if column != "search_text" {
            columns_of.entry(table).or_default().push(column);
        }
    }
    let mut all = BTreeMap::new();
    for (table, columns) in columns_of {
        let sql = format!("SELECT {} FROM {table}", columns.join(", "));
        let rows = database.query_text(&sql).await.into_iter();
        let rows = rows.map(|row| columns.iter().cloned().zip(row).collect());
        all.insert(table, rows.collect());
    }
    all
}

/// Checks that each row is still in its table, as far as this has the same columns, and each value
/// in some table.
fn assert_nothing_is_lost(before: &BTreeMap<String, Vec<Row>>, now: &BTreeMap<String, Vec<Row>>) {
    let values: BTreeSet<_> = now.values().flatten().flat_map(BTreeMap::values).collect();
    for (table, rows) in before {
        for row in rows {
            let is_in = |new: &Row| {
                let mut columns = row.iter();
                columns.all(|(column, value)| new.get(column).is_none_or(|now| now == value))
            };
            let is_there = now.get(table).is_none_or(|rows| rows.iter().any(is_in));
            assert!(is_there, "{table}: {row:?}");
            for (column, value) in row {
                assert!(values.contains(value), "{table}.{column}: {value:?}");
            }
        }
    }
}

/// What was found, which there is.
fn data(answer: Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"].clone()
}

/// The values of a field of those in a list.
fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    let things = list.as_array().unwrap().iter();
    things.map(|thing| &thing[field]).collect()
}

async fn finds_people(server: &Server, root: &Caller) {
    assert!(server.with_token(SESSION).is_known().await);
    assert!(server.with_token(API_TOKEN).is_known().await);
    for name in ["grace", "zoe"] {
        let refused = server.anonymous().log_in(&email(name), PASSWORD).await;
        assert!(refused.status.is_client_error(), "{}", refused.body);
    }
    let found = data(root.get("/api/users?search=ünïcode").await);
    assert_eq!(each(&found, "fullName"), ["Zoë Ünïcode"]);
    let found = data(root.get("/api/users?deleted=true&search=hopper").await);
    assert_eq!(each(&found, "id"), [&uuid(3)]);
    let purged = restore(root, 4).await;
    assert_eq!(purged.status, 404, "{}", purged.body);
}

async fn finds_posts(anybody: &Caller, ada: &Caller, root: &Caller) {
    let most_read = data(anybody.get("/api/posts?sortBy=viewCount").await);
    assert_eq!(each(&most_read, "id"), [&uuid(15), &uuid(11)]);
    assert_eq!(each(&most_read, "viewCount"), [15, 11]);
    let metadata: Value = serde_json::from_str(METADATA).unwrap();
    for slug in ["new-name", "old-name", "older-name"] {
        let post = data(anybody.get(&format!("/api/posts/slug/{slug}")).await);
        assert_eq!(post["id"], uuid(11));
        assert_eq!(post["content"], content());
        assert_eq!(post["metadata"], metadata);
        assert_eq!(post["excerpt"], "Excerpt 11");
        assert_eq!(post["author"]["fullName"], "Ada Lovelace");
        for time in ["publishedAt", "createdAt", "updatedAt"] {
            assert_eq!(post[time], "2026-01-11T00:00:00.123Z");
        }
    }
    let found = data(anybody.get("/api/posts?search=coatlus%20north").await);
    assert_eq!(each(&found, "id"), [&uuid(11)]);
    let drafts = data(ada.get("/api/posts?status=draft").await);
    assert_eq!(each(&drafts, "id"), [&uuid(12)]);
    let deleted = data(root.get("/api/posts?deleted=true").await);
    assert_eq!(each(&deleted, "id"), [&uuid(14), &uuid(13)]);
}

async fn finds_the_shop(anybody: &Caller, ada: &Caller) {
    let found = data(anybody.get("/api/products?search=brass").await);
    assert_eq!(each(&found, "stock"), [3]);
    let order = data(ada.get(&format!("/api/orders/{}", uuid(31))).await);
    assert_eq!(each(&order["items"], "quantity"), [2, 1]);
    assert_eq!(each(&order["items"], "name"), ["As it was", "As it was"]);
    assert_eq!(order["totalCents"], 4_498);
    assert_eq!(order["status"], "pending");
    let other = json!({"items": [{"productId": uuid(21), "quantity": 1}]});
    let same_key = ada.post_with_key("once", "/api/orders", other).await;
    assert_eq!(same_key.status, 422, "{}", same_key.body);
}

async fn restore(root: &Caller, user: u8) -> Answer {
    let path = format!("/api/users/{}/restore", uuid(user));
    root.post(&path, json!({})).await
}

#[rstest]
#[tokio::test]
async fn nothing_is_lost_of_a_database_of_the_last_release(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated_up_to(kind, LAST_RELEASE).await;
    database.execute(&insert(kind)).await;
    let before = contents(kind, &database).await;
    for (table, rows) in &before {
        let is_filled = rows.len() >= 2 || table == "unfinished_copies";
        assert!(is_filled, "{table}: {rows:?}");
    }
    let migrated = run(&database, &["migrate", "up"], "");
    assert!(migrated.status.success(), "{}", stderr(&migrated));
    assert_nothing_is_lost(&before, &contents(kind, &database).await);

    let server = Server::start(&database, &[]);
    let anybody = server.anonymous();
    let (ada, root) = (server.log_in("ada").await, server.log_in("root").await);
    assert_eq!([&ada.id, &root.id], [&uuid(1), &uuid(2)]);
    finds_people(&server, &root).await;
    finds_posts(&anybody, &ada, &root).await;
    finds_the_shop(&anybody, &ada).await;
    assert_books_balance(&database).await;

    // What was deleted comes back as it was, and all goes on from there.
    data(restore(&root, 3).await);
    let grace = server.log_in("grace").await;
    let post = data(grace.get(&format!("/api/posts/{}", uuid(14))).await);
    assert_eq!(post["slug"], "of-grace-2");
    assert_eq!(post["content"], "Content of of-grace");
    let by_old_slug = data(grace.get("/api/posts/slug/gone-name").await);
    assert_eq!(by_old_slug["id"], uuid(14));
    let orders = data(grace.get("/api/orders").await);
    assert_eq!(each(&orders, "id"), [&uuid(32)]);
    let cancel = format!("/api/orders/{}/cancel", uuid(31));
    data(ada.post(&cancel, json!({})).await);
    assert_eq!(ada.stock_of(&json!({"id": uuid(21)})).await, 5);
    assert_books_balance(&database).await;
}
