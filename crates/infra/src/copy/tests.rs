use std::collections::BTreeSet;

use hexpress_database::Snapshot;
use hexpress_test_support::{Kind, TestDatabase};

use super::{BATCH_SIZE, Batch, TABLES};
use crate::bulk::Value;
use crate::testing::open;

/// What copies need not, or must not, take along: the posts' triggers count them again.
const LEFT_OUT: [&str; 3] = [
    "__diesel_schema_migrations",
    "post_counts",
    "unfinished_copies",
];

#[tokio::test]
async fn every_table_of_the_schema_is_copied() {
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    let rows = raw
        .query_text(
            "SELECT relname FROM pg_class
             WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'",
        )
        .await;
    let in_schema: BTreeSet<String> = rows.into_iter().flatten().flatten().collect();
    let copied = TABLES.iter().map(|copied| copied.table.name);
    let known = copied.chain(LEFT_OUT).map(str::to_owned).collect();
    assert_eq!(in_schema, known);
}

#[tokio::test]
async fn keys_are_the_primary_keys() {
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    for copied in &TABLES {
        let sql = format!(
            "SELECT string_agg(attname, ',' ORDER BY array_position(conkey, attnum))
             FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
             WHERE contype = 'p' AND conrelid = '{}'::regclass",
            copied.table.name
        );
        let key = raw.query_text(&sql).await;
        let key: Vec<_> = key.into_iter().flatten().flatten().collect();
        assert_eq!(key, [copied.table.key.join(",")], "{}", copied.table.name);
    }
}

#[test]
fn no_more_is_written_at_once_than_fits_whatever_was_read_at_once() {
    const ROWS: usize = 16;
    let longest = vec![Value::Text("a".repeat(BATCH_SIZE * 3 / 4))];
    let mut batch = Batch::default();
    let mut written = Vec::new();
    for _ in 0..ROWS {
        written.extend(batch.add(longest.clone()));
    }
    assert_eq!(batch.take(), None);
    let lengths: Vec<_> = written.iter().map(Vec::len).collect();
    assert_eq!(lengths, [2; ROWS / 2]);
    assert_eq!(batch.add(vec![Value::Null]), None);
    assert_eq!(batch.take(), Some(vec![vec![Value::Null]]));
}

/// What is written while a copy reads is not half in it.
#[tokio::test]
async fn slow_a_snapshot_stays_what_it_was() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let raw = TestDatabase::migrated(kind).await;
        let database = open(&raw).await;
        let mut snapshot = database.snapshot().await.unwrap();
        raw.execute(match kind {
            Kind::Sqlite => "INSERT INTO view_batches VALUES (zeroblob(16), 0)",
            Kind::Postgres => {
                "INSERT INTO view_batches VALUES ('00000000-0000-0000-0000-000000000000', now())"
            }
        })
        .await;
        let mut later = database.snapshot().await.unwrap();
        assert_eq!(view_batches(&mut snapshot).await, 0, "{kind:?}");
        assert_eq!(view_batches(&mut later).await, 1, "{kind:?}");
    }
}

async fn view_batches(snapshot: &mut Snapshot) -> u64 {
    let batches = TABLES
        .iter()
        .find(|copied| copied.table.name == "view_batches")
        .unwrap();
    let counting = snapshot.read(&batches.table, |connection, table| {
        Box::pin(table.count(connection))
    });
    counting.await.unwrap()
}
