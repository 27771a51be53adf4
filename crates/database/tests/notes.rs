//! The kernel on a table of its own, as a service with other tables uses it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use hexpress_database::sql::{
    Direction, Keyset, Prepared, SortValue, StoredId, StoredInstant, split_page,
};
use hexpress_database::{
    Connection, Database, DatabaseOptions, Failure, Readiness, Schema, on_backend, pipelined,
};
use hexpress_domain::repository::RepositoryError;
use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;
use uuid::Uuid;

diesel::table! {
    use diesel::sql_types::Text;
    use hexpress_database::sql::{Id, Instant};

    notes (id) {
        id -> Id,
        title -> Text,
        written_at -> Instant,
    }
}

const POSTGRES: EmbeddedMigrations = embed_migrations!("tests/migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("tests/migrations/sqlite");
const SCHEMA: Schema = Schema {
    postgres: &POSTGRES,
    sqlite: &SQLITE,
    steps: &[],
    meaning_of,
};

/// PostgreSQL reports the name of the constraint, SQLite its columns.
fn meaning_of(constraint: &str) -> Option<RepositoryError> {
    match constraint {
        "notes_title_key" | "notes.title" => Some(RepositoryError::NotFound),
        _ => None,
    }
}

#[derive(Debug, Clone, PartialEq, Insertable, Queryable)]
struct Note {
    id: StoredId,
    title: String,
    written_at: StoredInstant,
}

fn note(number: u32, title: &str) -> Note {
    Note {
        id: Uuid::from_u128(number.into()).into(),
        title: title.to_owned(),
        written_at: time(number / 2).into(),
    }
}

fn time(minute: u32) -> DateTime<Utc> {
    DateTime::from_timestamp(i64::from(minute) * 60, 0).unwrap()
}

async fn database(kind: Kind) -> (Database, TestDatabase) {
    let raw = TestDatabase::empty(kind).await;
    let options = DatabaseOptions::new(raw.url().parse().unwrap());
    let database = Database::open(options, SCHEMA).await.unwrap();
    assert_eq!(database.readiness().await, Readiness::MigrationsPending);
    let names = database.migrator().up().await.unwrap();
    assert_eq!(names.len(), 2);
    assert_eq!(database.readiness().await, Readiness::Ready);
    (database, raw)
}

async fn insert(connection: &mut Connection, note: &Note) -> Result<(), Failure> {
    let insert = diesel::insert_into(notes::table).values(note.clone());
    on_backend!(connection, |c| Prepared(insert).execute(c).await?);
    Ok(())
}

async fn add(database: &Database, note: Note) -> Result<(), RepositoryError> {
    database
        .write(note, |connection, note| Box::pin(insert(connection, note)))
        .await
}

#[rstest]
#[tokio::test]
async fn pages_follow_each_other(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    const SIZE: usize = 2;

    let (database, _raw) = database(kind).await;
    let all: Vec<_> = (0..5)
        .map(|number| note(number, &format!("Note {number}")))
        .collect();
    for note in all.clone() {
        add(&database, note).await.unwrap();
    }
    let mut seen: Vec<Note> = Vec::new();
    let mut has_more = true;
    while has_more {
        let rows = database
            .read(seen.last().cloned(), |connection, last| {
                Box::pin(async move {
                    let order = Keyset {
                        key: "notes.written_at",
                        id: "notes.id",
                        direction: Direction::Ascending,
                    };
                    let rows: Vec<Note> = on_backend!(connection, |c, dialect| {
                        let mut page = notes::table
                            .order(sql::<Text>(&order.clause()))
                            .limit(i64::try_from(SIZE + 1).unwrap())
                            .into_boxed::<dialect::Backend>();
                        if let Some(Note { id, written_at, .. }) = last {
                            let value = SortValue::Time(Some(written_at.0));
                            let lowest = dialect::LOWEST_INSTANT;
                            page = page.filter(order.behind(&value, id.0, lowest));
                        }
                        Prepared(page).load(c).await?
                    });
                    Ok(rows)
                })
            })
            .await
            .unwrap();
        let (page, more) = split_page(rows, SIZE);
        seen.extend(page);
        has_more = more;
    }
    assert_eq!(seen, all);
}

#[rstest]
#[tokio::test]
async fn a_constraint_means_what_it_was_said_to_mean(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let (database, _raw) = database(kind).await;
    add(&database, note(1, "Milk")).await.unwrap();
    let taken = add(&database, note(2, "Milk")).await;
    assert!(matches!(taken, Err(RepositoryError::NotFound)), "{taken:?}");
    let empty = add(&database, note(3, "")).await;
    assert!(
        matches!(empty, Err(RepositoryError::Internal(_))),
        "{empty:?}"
    );
}

#[rstest]
#[tokio::test]
async fn what_fails_leaves_nothing(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let (database, _raw) = database(kind).await;
    let failed = database
        .write([note(1, "Milk"), note(2, "Milk")], |connection, notes| {
            Box::pin(async move {
                let [first, second] = notes
                    .clone()
                    .map(|note| Prepared(diesel::insert_into(notes::table).values(note)));
                let (first, second) =
                    pipelined!(connection, |c| first.execute(c), second.execute(c));
                first?;
                second?;
                Ok(())
            })
        })
        .await;
    assert!(
        matches!(failed, Err(RepositoryError::NotFound)),
        "{failed:?}"
    );
    let count = database.look_up((), |connection, ()| {
        Box::pin(async move {
            let count: i64 =
                on_backend!(connection, |c| notes::table.count().get_result(c).await?);
            Ok(count)
        })
    });
    assert_eq!(count.await.unwrap(), 0);
}
