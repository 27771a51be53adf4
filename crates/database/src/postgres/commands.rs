use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

/// Whether the table of applied migrations stands in the schema that new tables go to. One
/// further down the search path belongs to somebody else.
pub(crate) async fn has_migrations_table(c: &mut &AsyncPgConnection) -> QueryResult<bool> {
    diesel::select(sql::<Bool>(
        "to_regclass(quote_ident(current_schema()) || '.__diesel_schema_migrations') IS NOT NULL",
    ))
    .get_result(c)
    .await
}

/// The encoding of text, the locale of the server's messages, and the locale that says
/// which characters are letters.
pub(crate) async fn encoding_language_and_letters(
    c: &mut &AsyncPgConnection,
) -> QueryResult<(String, String, String)> {
    diesel::select((
        sql::<Text>("current_setting('server_encoding')"),
        sql::<Text>("current_setting('lc_messages')"),
        sql::<Text>("(SELECT datctype::text FROM pg_database WHERE datname = current_database())"),
    ))
    .get_result(c)
    .await
}

/// The schema that new tables go to.
pub(crate) async fn current_schema(c: &mut &AsyncPgConnection) -> QueryResult<Option<String>> {
    diesel::select(sql::<Nullable<Text>>("current_schema()::text"))
        .get_result(c)
        .await
}

/// Takes the advisory lock with this key for the session, unless another session has it.
pub(crate) async fn try_migration_lock(c: &mut &AsyncPgConnection, key: i64) -> QueryResult<bool> {
    diesel::select(
        sql::<Bool>("pg_try_advisory_lock(")
            .bind::<BigInt, _>(key)
            .sql(")"),
    )
    .get_result(c)
    .await
}

/// Gives the advisory lock with this key back.
pub(crate) async fn release_migration_lock(
    c: &mut &AsyncPgConnection,
    key: i64,
) -> QueryResult<bool> {
    diesel::select(
        sql::<Bool>("pg_advisory_unlock(")
            .bind::<BigInt, _>(key)
            .sql(")"),
    )
    .get_result(c)
    .await
}

/// Begins a transaction that sees the database as it is now, however long it lasts.
pub(crate) async fn begin_snapshot(c: &mut &AsyncPgConnection) -> QueryResult<()> {
    c.batch_execute(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
         SET LOCAL statement_timeout = 0;
         SET LOCAL idle_in_transaction_session_timeout = 0;
         SELECT 1",
    )
    .await
}

/// Does nothing: vacuum, which runs by itself, erases what was removed.
pub(crate) async fn erase_removed(
    _: &mut &AsyncPgConnection,
    _: &[&'static str],
) -> QueryResult<()> {
    Ok(())
}

/// Vacuums and analyses these tables, without a time limit. The vacuum is for indexes of
/// trigrams, which search their new rows one by one until then.
pub(crate) async fn gather_statistics(
    c: &mut &AsyncPgConnection,
    tables: &[&'static str],
) -> QueryResult<()> {
    if tables.is_empty() {
        return Ok(());
    }
    let vacuum = format!("VACUUM (ANALYZE) {}", tables.join(", "));
    // One by one: several statements in a batch are a transaction, in which there is no vacuum.
    for sql in [
        "SET statement_timeout = 0",
        &vacuum,
        "RESET statement_timeout",
    ] {
        c.batch_execute(sql).await?;
    }
    Ok(())
}
