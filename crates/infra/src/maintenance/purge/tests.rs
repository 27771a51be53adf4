use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;

use super::Purger;
use crate::testing::{open, two_of_each};

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
    purger.run(before, before).await.unwrap();
    for table in &marked {
        let left = raw.query_text(&format!("SELECT * FROM {table}")).await;
        assert!(left.is_empty(), "{table}: {left:?}");
    }
}
