use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use hexpress_database::DatabaseOptions;
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::{LockedUser, UserChange, UserId, UserRepository};
use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;
use uuid::Uuid;

use super::batch::{Cutoff, FIRST, POLL, Position};
use super::{BATCH, Purged, Purger, Step, marked};
use crate::schema::{POSTS, Table, references_to};
use crate::testing::{id, open, two_of_each};
use crate::user::DieselUserRepository;

#[rstest]
#[tokio::test]
async fn every_row_that_a_deletion_has_marked_goes(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let raw = TestDatabase::migrated(kind).await;
    raw.execute(&two_of_each(kind)).await;
    // Orders stay, and with them the rows that they refer to.
    raw.execute(
        "DELETE FROM idempotency_keys;
         DELETE FROM stock_movements WHERE order_id IS NOT NULL;
         DELETE FROM order_items;
         DELETE FROM orders;",
    )
    .await;
    for Table { name: table, .. } in marked() {
        raw.execute(&format!("UPDATE {table} SET deleted_at = created_at"))
            .await;
    }
    let before = "2000-01-01T00:00:00Z".parse().unwrap();
    let purger = Purger::new(open(&raw).await);
    purger.run(before, before, &mut |_| {}).await.unwrap();
    for Table { name: table, .. } in marked() {
        let left = raw.query_text(&format!("SELECT * FROM {table}")).await;
        assert!(left.is_empty(), "{table}: {left:?}");
    }
}

const LONG_AGO: &str = "2000-01-01T00:00:00Z";

/// SQL for these numbers: the table `all_of` before a statement.
fn numbers(kind: Kind, first: u16, last: u16) -> String {
    match kind {
        Kind::Sqlite => format!(
            "WITH RECURSIVE all_of (number) AS
                 (SELECT {first} UNION ALL SELECT number + 1 FROM all_of WHERE number < {last})"
        ),
        Kind::Postgres => {
            format!("WITH all_of (number) AS (SELECT generate_series({first}, {last}))")
        }
    }
}

/// Marked posts, as many as several transactions remove.
async fn with_marked_posts(kind: Kind) -> TestDatabase {
    let raw = TestDatabase::migrated(kind).await;
    raw.execute(&two_of_each(kind)).await;
    let all = numbers(kind, 10, 99);
    let new_id = match kind {
        Kind::Sqlite => "unhex(format('%032d', number))",
        Kind::Postgres => "lpad(number::text, 32, '0')::uuid",
    };
    raw.execute(&format!(
        "{all} INSERT INTO posts (id, author_id, title, slug, slug_named, status, metadata, version,
             created_at, updated_at, deleted_at, deleted_with_author)
         SELECT {new_id}, author_id, title, 'many-' || number, slug_named, status, metadata,
             version, created_at, updated_at, created_at, FALSE
         FROM posts, all_of WHERE slug = 'post-1'"
    ))
    .await;
    raw
}

fn other_connection(raw: &TestDatabase) -> SqliteConnection {
    let file = raw.url().strip_prefix("sqlite://").unwrap();
    SqliteConnection::establish(file).unwrap()
}

#[tokio::test]
async fn the_pace_is_that_of_the_work_and_not_of_the_wait_for_it() {
    let raw = with_marked_posts(Kind::Sqlite).await;
    let database = open(&raw).await;
    let at = LONG_AGO.parse().unwrap();
    let input = (
        Step::Remove(POSTS),
        Cutoff { before: at, at },
        Position::start(),
    );
    let holds = raw.begin("DELETE FROM login_counters").await;
    let removing = tokio::spawn(async move { database.maintain(input, BATCH).await });
    let wait = Duration::from_secs(1);
    tokio::time::sleep(wait).await;
    assert!(!removing.is_finished());
    holds.commit().await;
    let (done, taken) = removing.await.unwrap().unwrap().unwrap();
    assert_eq!(done.counts, [("old slugs", 0), ("posts", FIRST.into())]);
    assert!(taken < wait, "{taken:?}");
}

/// Those that stay for good would be looked at by every transaction again.
#[tokio::test]
async fn no_transaction_looks_at_rows_before_those_of_the_last_one() {
    let raw = with_marked_posts(Kind::Sqlite).await;
    let mut other = other_connection(&raw);
    let at = LONG_AGO.parse().unwrap();
    let delete_first = "UPDATE posts SET deleted_at = created_at WHERE slug = 'post-1'";
    let purged = Purger::new(open(&raw).await)
        .run(at, at, &mut |_| other.batch_execute(delete_first).unwrap())
        .await;
    assert_eq!(purged.unwrap().total(), 90);
    let left = "SELECT slug FROM posts WHERE deleted_at IS NOT NULL";
    assert_eq!(raw.query_text(left).await, [[Some("post-1".to_owned())]]);
}

#[rstest]
#[case(
    "posts",
    5,
    "INSERT INTO kept_slugs (slug, post_id)
     SELECT 'many-' || number, id FROM posts, all_of WHERE slug = 'post-1'"
)]
#[case(
    "products",
    5,
    "INSERT INTO stock_movements (product_id, delta, cause, created_at)
     SELECT product_id, 1, 'adjusted', created_at FROM stock_movements, all_of"
)]
#[case(
    "users",
    1,
    "INSERT INTO idempotency_keys (user_id, key, fingerprint, order_id, expires_at)
     SELECT user_id, 'many-' || number, fingerprint, order_id, expires_at
     FROM idempotency_keys, all_of WHERE key = '1'"
)]
#[tokio::test]
async fn a_row_with_many_parts_takes_many_transactions(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[case] table: &str,
    #[case] number: u8,
    #[case] insert: &str,
) {
    let raw = TestDatabase::migrated(kind).await;
    raw.execute(&two_of_each(kind)).await;
    let (row, all) = (id(kind, number), numbers(kind, 1, 1500));
    raw.execute(&format!(
        "DELETE FROM order_items;
         DELETE FROM stock_movements WHERE order_id IS NOT NULL OR product_id <> {row};
         {all} {insert};
         UPDATE {table} SET deleted_at = created_at WHERE id = {row};"
    ))
    .await;
    let (at, mut told) = (LONG_AGO.parse().unwrap(), vec![0]);
    let purger = Purger::new(open(&raw).await);
    let watch = &mut |so_far: &Purged| told.push(so_far.total());
    purger.run(at, at, watch).await.unwrap();
    let mut most = FIRST.into();
    for pair in told.windows(2) {
        assert!(pair[1] - pair[0] <= most, "{told:?}");
        most *= 2;
    }
    assert!(told.len() > 7, "{told:?}");
    for (part, key) in references_to(table).filter(|(_, key)| key.is_part) {
        let sql = format!("SELECT * FROM {} WHERE {} = {row}", part.name, key.column);
        assert!(raw.query_text(&sql).await.is_empty(), "{}", part.name);
    }
}

#[tokio::test]
async fn no_statement_of_it_has_a_time_limit() {
    let raw = with_marked_posts(Kind::Postgres).await;
    raw.execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;
         CREATE TRIGGER slow AFTER DELETE ON posts FOR EACH ROW WHEN (old.slug = 'many-50')
             EXECUTE FUNCTION slow()",
    )
    .await;
    let options = DatabaseOptions {
        statement_timeout: Duration::from_millis(200),
        ..DatabaseOptions::new(raw.url().parse().unwrap())
    };
    let database = crate::database::open(options).await.unwrap();
    let (at, mut told) = (LONG_AGO.parse().unwrap(), Vec::new());
    let purged = Purger::new(database)
        .run(at, at, &mut |so_far| told.push(so_far.total()))
        .await
        .unwrap();
    assert_eq!(purged.total(), 90);
    assert!(told.len() > 2 && told.is_sorted(), "{told:?}");
}

/// Whoever polls the lock of the file, as SQLite itself does, comes too seldom to find it free
/// between two transactions that follow at once.
#[tokio::test]
async fn the_file_is_free_for_others_between_two_batches() {
    let raw = with_marked_posts(Kind::Sqlite).await;
    let mut other = other_connection(&raw);
    let (at, mut told) = (LONG_AGO.parse().unwrap(), Vec::new());
    let watch = &mut |_: &Purged| {
        other.batch_execute("DELETE FROM login_counters").unwrap();
        told.push(Instant::now());
    };
    let purged = Purger::new(open(&raw).await).run(at, at, watch).await;
    assert_eq!(purged.unwrap().total(), 90);
    assert!(told.len() > 2, "{told:?}");
    for pair in told.windows(2) {
        assert!(pair[1] - pair[0] > POLL, "{told:?}");
    }
}

#[rstest]
#[tokio::test]
async fn who_is_forgotten_has_nothing_and_never_comes_back(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let raw = TestDatabase::migrated(kind).await;
    raw.execute(&two_of_each(kind)).await;
    let user = id(kind, 1);
    raw.execute(&format!(
        "UPDATE users SET deleted_at = created_at WHERE id = {user}"
    ))
    .await;
    let database = open(&raw).await;
    let at = LONG_AGO.parse().unwrap();
    let purger = Purger::new(database.clone());
    purger.run(at, at, &mut |_| {}).await.unwrap();

    // The order is still the user's.
    for (table, key) in references_to("users") {
        let (name, column) = (table.name, key.column);
        let sql = format!("SELECT count(*) FROM {name} WHERE {column} = {user}");
        let is_gone = raw.query_text(&sql).await[0][0].as_deref() == Some("0");
        assert_eq!(is_gone, key.is_part, "{name}");
    }
    let users = DieselUserRepository::new(database);
    let restore: Decide<LockedUser, UserChange> =
        Arc::new(move |locked| Ok(Some(locked.user.restoration(at))));
    let outcome = users.change(UserId::new(Uuid::from_u128(1)), restore).await;
    assert!(
        matches!(outcome, Err(RepositoryError::NotFound)),
        "{outcome:?}"
    );
}
