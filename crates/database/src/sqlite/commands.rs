use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::sqlite::opener::AsyncSqliteConnection;

/// Whether the table of applied migrations is there.
pub(crate) async fn has_migrations_table(c: &mut AsyncSqliteConnection) -> QueryResult<bool> {
    diesel::select(sql::<Bool>(
        "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')",
    ))
    .get_result(c)
    .await
}

/// Begins a transaction that sees the database as it is now, however long it lasts.
pub(crate) async fn begin_snapshot(c: &mut AsyncSqliteConnection) -> QueryResult<()> {
    c.batch_execute("BEGIN; SELECT count(*) FROM sqlite_schema")
        .await
}

/// Merges these FTS5 tables, which keep what was removed until then, and rewrites the file,
/// which keeps removed and earlier rows in its free pages.
pub(crate) async fn erase_removed(
    c: &mut AsyncSqliteConnection,
    search_tables: &[&'static str],
) -> QueryResult<()> {
    let mut batch = String::new();
    for table in search_tables {
        batch += &format!("INSERT INTO {table} ({table}) VALUES ('optimize');");
    }
    batch += "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)";
    c.batch_execute(&batch).await
}

/// Does nothing: the plans are the same without statistics.
pub(crate) async fn gather_statistics(
    _: &mut AsyncSqliteConnection,
    _: &[&'static str],
) -> QueryResult<()> {
    Ok(())
}
