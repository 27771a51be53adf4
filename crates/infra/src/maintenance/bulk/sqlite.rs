use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use hexpress_database::AsyncSqliteConnection;

use super::{Column, Insertion, Kind, Row, StoredRow, Value};

pub(crate) type Backend = Sqlite;

type Query<'a> = BoxedSqlQuery<'a, Sqlite, SqlQuery>;

/// How many values a statement can be given (SQLITE_MAX_VARIABLE_NUMBER).
const MAX_VALUES: usize = 32_766;

/// Gives the connection more room (64 MiB): new rows touch pages all over the indexes, which
/// are written more than once where they do not fit. It keeps the room: whoever adds rows in
/// bulk is a command that ends soon.
pub(crate) async fn expect_bulk(c: &mut AsyncSqliteConnection) -> QueryResult<()> {
    c.batch_execute("PRAGMA cache_size = -65536").await
}

/// Does nothing: SQLite looks at the largest number that there is.
pub(crate) async fn go_on_numbering(
    _: &mut AsyncSqliteConnection,
    _: &str,
    _: &str,
) -> QueryResult<()> {
    Ok(())
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
    c: &mut AsyncSqliteConnection,
    table: &'static str,
) -> QueryResult<Vec<Column>> {
    let rows: Vec<ColumnRow> = diesel::sql_query(
        "SELECT name, type AS kind FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid",
    )
    .bind::<Text, _>(table)
    .load(c)
    .await?;
    let column = |row: ColumnRow| Column {
        kind: match row.kind.as_str() {
            "INTEGER" => Kind::Integer,
            "BLOB" => Kind::Bytes,
            _ => Kind::Text,
        },
        name: row.name,
    };
    Ok(rows.into_iter().map(column).collect())
}

pub(crate) fn bind<'a>(query: Query<'a>, _: Kind, value: &'a Value) -> Query<'a> {
    match value {
        Value::Null => query.bind::<Nullable<BigInt>, _>(None::<i64>),
        Value::Integer(number) => query.bind::<BigInt, _>(*number),
        Value::Text(text) => query.bind::<Text, _>(text.as_str()),
        Value::Bytes(bytes) => query.bind::<Binary, _>(bytes.as_slice()),
    }
}

/// Adds rows and returns what the statement returns of them.
pub(crate) async fn insert(
    c: &mut AsyncSqliteConnection,
    statement: &Insertion,
    columns: &[Column],
    rows: &[Row],
) -> QueryResult<Vec<Row>> {
    let mut keys: Vec<StoredRow> = Vec::with_capacity(rows.len());
    let width = columns.len().max(1);
    for some in rows.chunks((MAX_VALUES / width).max(1)) {
        // Without numbers: to SQLite `$1` is a name, which it compares with all before it.
        let row = format!("({})", vec!["?"; width].join(", "));
        let places = vec![row; some.len()];
        let sql = format!(
            "{} VALUES {} {}",
            statement.into,
            places.join(", "),
            statement.otherwise
        );
        let mut query = diesel::sql_query(sql).into_boxed::<Sqlite>();
        for (column, value) in some.iter().flat_map(|row| columns.iter().zip(row)) {
            query = bind(query, column.kind, value);
        }
        keys.extend(query.load::<StoredRow>(c).await?);
    }
    Ok(keys.into_iter().map(|key| key.0).collect())
}
