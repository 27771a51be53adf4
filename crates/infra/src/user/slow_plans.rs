//! The plans of the list of users: none may read the whole table.

use hexpress_database::Database;
use hexpress_domain::list::{Direction, Search, SortValue};
use hexpress_domain::user::{UserFilter, UserQuery, UserSort};
use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;

use super::list;
use crate::testing::{
    assert_led_by, behind, catch, id_of, minute, numbers, open, plan, statements_of, values_behind,
};

async fn users(kind: Kind) -> (TestDatabase, Database) {
    let raw = TestDatabase::migrated(kind).await;
    let (id, time, numbers) = (id_of(kind, "i"), minute(kind, "i"), numbers(kind, 6000));
    let long = "x".repeat(200);
    raw.execute(&format!(
        "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active, \
             last_login_at, search_text, version, created_at, updated_at) \
         SELECT {id}, i || '@x', '{long}', 'A' || i, 'B' || i, 'user', TRUE, {time}, \
             CASE i WHEN 77 THEN 'zanzibar' ELSE 'a' || i || '{long}' END, 1, {time}, {time} \
         FROM {numbers};
         ANALYZE;"
    ))
    .await;
    if kind == Kind::Postgres {
        // What has not been merged into the trigrams yet makes them dear.
        raw.execute("VACUUM users").await;
    }
    let database = open(&raw).await;
    (raw, database)
}

async fn statement(database: &Database, query: UserQuery) -> String {
    let statements = statements_of(database, query, |connection, (query, caught)| {
        Box::pin(async move {
            catch(connection, caught);
            list::page(connection, query).await
        })
    });
    statements.await.swap_remove(0)
}

#[rstest]
#[tokio::test]
async fn a_cursor_leads_into_the_index_of_its_order(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let (raw, database) = users(kind).await;
    let time = || SortValue::Time("2024-01-03T02:00:00Z".parse().ok());
    let text = |text: &str| SortValue::Text(text.to_owned());
    for (sort, value, index) in [
        (UserSort::CreatedAt, time(), "users_created_at_idx"),
        (UserSort::UpdatedAt, time(), "users_updated_at_idx"),
        (UserSort::LastLoginAt, time(), "users_last_login_key_idx"),
        // The unique one does as well.
        (UserSort::Email, text("3000@x"), "users_email_"),
        (UserSort::FirstName, text("A3000"), "users_first_name_idx"),
        (UserSort::LastName, text("B3000"), "users_last_name_idx"),
    ] {
        for direction in [Direction::Ascending, Direction::Descending] {
            let (cursor, page) = behind(value.clone());
            let query = UserQuery {
                sort,
                direction,
                page,
                ..UserQuery::default()
            };
            let sql = statement(&database, query).await;
            let plan = plan(kind, &raw, &sql, &values_behind(&cursor)).await;
            assert_led_by(&plan, index);
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_search_for_a_rare_word_uses_the_trigrams(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let (raw, database) = users(kind).await;
    let query = UserQuery {
        filter: UserFilter {
            search: Search::parse("zanzibar").unwrap(),
            ..UserFilter::default()
        },
        ..UserQuery::default()
    };
    let sql = statement(&database, query).await;
    let values = ["'%zanzibar%'", "11", "0"].map(str::to_owned);
    let plan = plan(kind, &raw, &sql, &values).await;
    let trigrams = match kind {
        Kind::Sqlite => "users_search VIRTUAL TABLE",
        Kind::Postgres => "users_search_text_idx",
    };
    assert!(plan.contains(trigrams), "{plan}");
}
