use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use hexpress_database::sql::{Id, Instant, StoredId, StoredInstant};
use uuid::Uuid;

use super::{Column, Insertion, Kind, Row, StoredRow, Value, placeholders};

pub(crate) type Backend = Pg;

type Query<'a> = BoxedSqlQuery<'a, Pg, SqlQuery>;

/// Has this transaction collect more of what it adds to an index of trigrams before it
/// sorts that in: for many rows it is several times as fast.
pub(crate) async fn expect_bulk(c: &mut &AsyncPgConnection) -> QueryResult<()> {
    c.batch_execute("SET LOCAL gin_pending_list_limit = '16MB'; SET LOCAL work_mem = '32MB'")
        .await
}

/// Has numbers that the database gives go on behind those that rows have brought along.
pub(crate) async fn go_on_numbering(
    c: &mut &AsyncPgConnection,
    table: &str,
    column: &str,
) -> QueryResult<()> {
    c.batch_execute(&format!(
        "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), \
         coalesce(max({column}), 0) + 1, false) FROM {table}"
    ))
    .await
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// The columns of a table that are not generated, in its order.
pub(crate) async fn columns(
    c: &mut &AsyncPgConnection,
    table: &'static str,
) -> QueryResult<Vec<Column>> {
    let rows: Vec<ColumnRow> = diesel::sql_query(
        "SELECT attname::text AS name, format_type(atttypid, NULL) AS kind FROM pg_attribute
         WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
             AND attgenerated = '' ORDER BY attnum",
    )
    .bind::<Text, _>(table)
    .load(c)
    .await?;
    let column = |row: ColumnRow| Column {
        kind: match row.kind.as_str() {
            "uuid" => Kind::Id,
            "timestamp with time zone" => Kind::Instant,
            "boolean" => Kind::Boolean,
            "bigint" | "integer" => Kind::Integer,
            "bytea" => Kind::Bytes,
            _ => Kind::Text,
        },
        name: row.name,
    };
    Ok(rows.into_iter().map(column).collect())
}

pub(crate) fn bind<'a>(query: Query<'a>, kind: Kind, value: &'a Value) -> Query<'a> {
    match kind {
        Kind::Id => query.bind::<Nullable<Id>, _>(id(value)),
        Kind::Instant => query.bind::<Nullable<Instant>, _>(instant(value)),
        Kind::Boolean => query.bind::<Nullable<Bool>, _>(boolean(value)),
        Kind::Integer => query.bind::<Nullable<BigInt>, _>(integer(value)),
        Kind::Text => query.bind::<Nullable<Text>, _>(text(value)),
        Kind::Bytes => query.bind::<Nullable<Binary>, _>(bytes(value)),
    }
}

/// Adds rows and returns what the statement returns of them. Each column is one value,
/// an array, so that the statement is the same for any number of rows.
pub(crate) async fn insert(
    c: &mut &AsyncPgConnection,
    statement: &Insertion,
    columns: &[Column],
    rows: &[Row],
) -> QueryResult<Vec<Row>> {
    let sql = format!(
        "{} SELECT * FROM unnest({}) {}",
        statement.into,
        placeholders(columns.len()),
        statement.otherwise
    );
    let mut query = diesel::sql_query(sql).into_boxed::<Pg>();
    for (index, column) in columns.iter().enumerate() {
        query = bind_all(query, column.kind, index, rows);
    }
    let keys: Vec<StoredRow> = query.load(c).await?;
    Ok(keys.into_iter().map(|key| key.0).collect())
}

fn bind_all<'a>(query: Query<'a>, kind: Kind, index: usize, rows: &'a [Row]) -> Query<'a> {
    fn all<'a, T>(
        index: usize,
        rows: &'a [Row],
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Vec<Option<T>> {
        rows.iter()
            .map(|row| row.get(index).and_then(&read))
            .collect()
    }
    match kind {
        Kind::Id => query.bind::<Array<Nullable<Id>>, _>(all(index, rows, id)),
        Kind::Instant => query.bind::<Array<Nullable<Instant>>, _>(all(index, rows, instant)),
        Kind::Boolean => query.bind::<Array<Nullable<Bool>>, _>(all(index, rows, boolean)),
        Kind::Integer => query.bind::<Array<Nullable<BigInt>>, _>(all(index, rows, integer)),
        Kind::Text => query.bind::<Array<Nullable<Text>>, _>(all(index, rows, text)),
        Kind::Bytes => query.bind::<Array<Nullable<Binary>>, _>(all(index, rows, bytes)),
    }
}

// A value that a column cannot hold becomes NULL, which the column refuses, or the
// digest betrays.

fn id(value: &Value) -> Option<StoredId> {
    Uuid::from_slice(bytes(value)?).ok().map(StoredId)
}

fn instant(value: &Value) -> Option<StoredInstant> {
    chrono::DateTime::from_timestamp_micros(integer(value)?).map(StoredInstant)
}

fn boolean(value: &Value) -> Option<bool> {
    integer(value).map(|number| number != 0)
}

const fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}
