use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use hexpress_database::DatabaseOptions;
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::{LockedUser, UserChange, UserId, UserRepository};
use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;
use uuid::Uuid;

use super::{Purged, Purger};
use crate::schema::references_to;
use crate::testing::{id, open, two_of_each};
use crate::user::DieselUserRepository;

/// The tables whose rows a deletion only marks.
async fn marked() -> Vec<String> {
    let sql = "SELECT relname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
            AND attname = 'deleted_at'";
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    let rows = raw.query_text(sql).await;
    rows.into_iter().flatten().flatten().collect()
}

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
    let marked = marked().await;
    assert!(marked.len() >= 3, "{marked:?}");
    for table in &marked {
        raw.execute(&format!("UPDATE {table} SET deleted_at = created_at"))
            .await;
    }
    let before = "2000-01-01T00:00:00Z".parse().unwrap();
    let purger = Purger::new(open(&raw).await);
    purger.run(before, before, &mut |_| {}).await.unwrap();
    for table in &marked {
        let left = raw.query_text(&format!("SELECT * FROM {table}")).await;
        assert!(left.is_empty(), "{table}: {left:?}");
    }
}

const LONG_AGO: &str = "2000-01-01T00:00:00Z";

/// Marked posts, as many as several transactions remove.
async fn with_marked_posts(kind: Kind) -> TestDatabase {
    let raw = TestDatabase::migrated(kind).await;
    raw.execute(&two_of_each(kind)).await;
    let (all, new_id) = match kind {
        Kind::Sqlite => (
            "WITH RECURSIVE all_of (number) AS
                 (SELECT 10 UNION ALL SELECT number + 1 FROM all_of WHERE number < 99)",
            "unhex(format('%032d', number))",
        ),
        Kind::Postgres => (
            "WITH all_of (number) AS (SELECT generate_series(10, 99))",
            "lpad(number::text, 32, '0')::uuid",
        ),
    };
    raw.execute(&format!(
        "{all} INSERT INTO posts (id, author_id, title, slug, slug_named, content, status, metadata,
             search_text, version, created_at, updated_at, deleted_at, deleted_with_author)
         SELECT {new_id}, author_id, title, 'many-' || number, slug_named, content, status,
             metadata, search_text, version, created_at, updated_at, created_at, FALSE
         FROM posts, all_of WHERE slug = 'post-1'"
    ))
    .await;
    raw
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

/// Who polls the lock of the file, as SQLite itself does, comes too seldom to find it free
/// between two transactions that follow at once.
#[tokio::test]
async fn the_file_is_free_for_others_between_two_batches() {
    let raw = with_marked_posts(Kind::Sqlite).await;
    // Some 30 ms for each post.
    raw.execute(
        "CREATE TRIGGER slow AFTER DELETE ON posts WHEN old.slug < 'many-40' BEGIN
             UPDATE view_batches SET made_at = (
                 WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 80000)
                 SELECT count(*) FROM n);
         END",
    )
    .await;
    let database = open(&raw).await;
    let at = LONG_AGO.parse().unwrap();
    let (told, mut is_told) = tokio::sync::mpsc::unbounded_channel();
    let purging = tokio::spawn(async move {
        let mut tell = |_: &Purged| {
            told.send(()).ok();
        };
        Purger::new(database).run(at, at, &mut tell).await
    });
    let file = raw.url().strip_prefix("sqlite://").unwrap();
    let mut other = SqliteConnection::establish(file).unwrap();
    let mut has_written = false;
    for _ in 0..3 {
        is_told.recv().await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        has_written |= other.batch_execute("DELETE FROM login_counters").is_ok();
    }
    assert!(has_written);
    assert_eq!(purging.await.unwrap().unwrap().total(), 90);
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
