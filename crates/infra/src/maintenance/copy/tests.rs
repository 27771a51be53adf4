use hexpress_database::Snapshot;
use hexpress_test_support::{Kind, TestDatabase};

use super::{BATCH_SIZE, Batch};
use crate::maintenance::bulk::Value;
use crate::schema::copied;
use crate::testing::open;

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
    let batches = copied().find(|table| table.name == "view_batches").unwrap();
    let counting = snapshot.read(&batches, |connection, table| {
        Box::pin(table.count(connection))
    });
    counting.await.unwrap()
}
