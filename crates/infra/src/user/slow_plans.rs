//! The plans of the list of users: none may read the whole table.

use hexpress_domain::list::{Search, SortValue};
use hexpress_domain::user::{UserFilter, UserQuery, UserSort};
use hexpress_test_support::Kind;
use rstest::rstest;

use super::list;
use crate::testing::plans::{
    Filled, assert_led_by, id_of, middle, minute, numbers, plan, statements_of,
};

async fn users(kind: Kind) -> Filled {
    let (id, time, numbers) = (id_of(kind, "i"), minute(kind, "i"), numbers(kind, 6000));
    let long = "x".repeat(200);
    let rows = format!(
        "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active, \
             last_login_at, search_text, version, created_at, updated_at) \
         SELECT {id}, i || '@x', '{long}', 'A' || i, 'B' || i, 'user', TRUE, {time}, \
             CASE i WHEN 77 THEN 'zanzibar' ELSE 'a' || i || '{long}' END, 1, {time}, {time} \
         FROM {numbers};"
    );
    let filled = Filled::with(kind, &rows).await;
    if kind == Kind::Postgres {
        // What has not been merged into the trigrams yet makes them dear.
        filled.raw.execute("VACUUM users").await;
    }
    filled
}

#[rstest]
#[tokio::test]
async fn a_cursor_leads_into_the_index_of_its_order(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let filled = users(kind).await;
    let text = |text: &str| SortValue::Text(text.to_owned());
    for (sort, value, index) in [
        (UserSort::CreatedAt, middle(), "users_created_at_idx"),
        (UserSort::UpdatedAt, middle(), "users_updated_at_idx"),
        (UserSort::LastLoginAt, middle(), "users_last_login_key_idx"),
        // The unique one does as well.
        (UserSort::Email, text("3000@x"), "users_email_"),
        (UserSort::FirstName, text("A3000"), "users_first_name_idx"),
        (UserSort::LastName, text("B3000"), "users_last_name_idx"),
    ] {
        let all = (UserFilter::default(), [].as_slice());
        let plans = filled.plans_behind(all, (sort, value), |c, query| {
            Box::pin(list::page(c, query))
        });
        for plan in plans.await {
            assert_led_by(&plan, index);
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_search_for_a_rare_word_uses_the_trigrams(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let Filled { raw, database, .. } = users(kind).await;
    let query = UserQuery {
        filter: UserFilter {
            search: Search::parse("zanzibar").unwrap(),
            ..UserFilter::default()
        },
        ..UserQuery::default()
    };
    let sql = statements_of(&database, query, |c, query| Box::pin(list::page(c, query))).await;
    let values = ["'%zanzibar%'", "11", "0"].map(str::to_owned);
    let plan = plan(kind, &raw, &sql[0], &values).await;
    let trigrams = match kind {
        Kind::Sqlite => "users_search VIRTUAL TABLE",
        Kind::Postgres => "users_search_text_idx",
    };
    assert!(plan.contains(trigrams), "{plan}");
}
