use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Id, Instant, Locked, StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};

use super::batch::{Pace, counted, rows};
use crate::maintenance::bulk::placeholders;
use crate::schema::{Table, references_to};

/// How many rows, and what people call them.
pub(super) type Counts = Vec<(&'static str, u64)>;

#[derive(QueryableByName)]
struct RowId {
    #[diesel(sql_type = Id)]
    id: StoredId,
}

#[derive(QueryableByName)]
struct RowCount {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// How many rows of this table are to be removed, and of its parts.
pub(super) async fn count(
    connection: &mut Connection,
    table: Table,
    before: DateTime<Utc>,
) -> Result<Counts, Failure> {
    let rows = removable(table);
    let own = table.purged_as.map(|label| (label, rows.clone()));
    let parts = parts_of(table).filter_map(|(part, column)| {
        let rows = format!("{} WHERE {column} IN (SELECT id FROM {rows})", part.name);
        Some((part.purged_as?, rows))
    });
    let mut counts = Counts::new();
    for (label, rows) in own.into_iter().chain(parts) {
        let sql = format!("SELECT count(*) AS count FROM {rows}");
        let number: RowCount = on_backend!(&mut *connection, |c| {
            let count = sql_query(&sql).bind::<Instant, _>(StoredInstant(before));
            count.get_result(c).await?
        });
        counts.push((label, counted(number.count)));
    }
    Ok(counts)
}

/// Removes a batch of rows of this table with their parts; `None` if there are no more.
pub(super) async fn remove(
    connection: &mut Connection,
    table: Table,
    before: DateTime<Utc>,
    pace: Pace,
) -> Result<Option<Counts>, Failure> {
    // In the order in which all others lock several of them. A row that another transaction
    // holds is being restored or purged by it; to wait for it could close a circle with the
    // restoring of an author, which locks slugs before posts.
    let sql = format!(
        "SELECT id FROM {} ORDER BY id LIMIT {}",
        removable(table),
        pace.rows()
    );
    let found: Vec<RowId> = on_backend!(&mut *connection, |c| {
        let rows = sql_query(&sql).bind::<Instant, _>(StoredInstant(before));
        Locked::for_update(rows).skip_locked().load(c).await?
    });
    if found.is_empty() {
        return Ok(None);
    }
    let ids: Vec<_> = found.iter().map(|row| row.id).collect();
    let mut counts = remove_parts(connection, table, &ids).await?;
    counts.extend(remove_where(connection, table, "id", &ids).await?);
    Ok(Some(counts))
}

/// Removes what goes with these rows of this table.
pub(super) async fn remove_parts(
    connection: &mut Connection,
    table: Table,
    ids: &[StoredId],
) -> Result<Counts, Failure> {
    let mut counts = Counts::new();
    for (part, column) in parts_of(table) {
        counts.extend(remove_where(connection, part, column, ids).await?);
    }
    Ok(counts)
}

/// Removes the rows in whose column one of these ids stands.
async fn remove_where(
    connection: &mut Connection,
    table: Table,
    column: &str,
    ids: &[StoredId],
) -> Result<Option<(&'static str, u64)>, Failure> {
    if ids.is_empty() {
        return Ok(None);
    }
    let of_batch = format!(
        "FROM {} WHERE {column} IN ({})",
        table.name,
        placeholders(ids.len())
    );
    let lock = format!("SELECT 1 {of_batch} ORDER BY {}", table.key.join(", "));
    let lock = sql_query(lock).into_boxed();
    let lock = ids.iter().fold(lock, |sql, id| sql.bind::<Id, _>(*id));
    connection.lock(Locked::for_update(lock)).await?;
    let removed = on_backend!(connection, |c| {
        let delete = sql_query(format!("DELETE {of_batch}")).into_boxed();
        let delete = ids.iter().fold(delete, |sql, id| sql.bind::<Id, _>(*id));
        delete.execute(c).await?
    });
    Ok(table.purged_as.map(|label| (label, rows(removed))))
}

/// SQL for the rows that were deleted before `$1` and to which nothing refers that stays.
fn removable(table: Table) -> String {
    let name = table.name;
    let mut sql = format!("{name} WHERE {name}.deleted_at < $1");
    for (other, reference) in references_to(name).filter(|(_, reference)| !reference.is_part) {
        sql += &format!(
            " AND NOT EXISTS (SELECT 1 FROM {} AS other WHERE other.{} = {name}.id)",
            other.name, reference.column
        );
    }
    sql
}

/// The tables whose rows go with those of this one, and the columns that refer to it.
fn parts_of(table: Table) -> impl Iterator<Item = (Table, &'static str)> {
    references_to(table.name)
        .filter(|(_, reference)| reference.is_part)
        .map(|(part, reference)| (part, reference.column))
}
