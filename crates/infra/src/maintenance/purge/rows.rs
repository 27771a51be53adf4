use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Id, Instant, Locked, StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};

use super::batch::{Counts, Done, Position, counted, rows};
use crate::maintenance::bulk::placeholders;
use crate::schema::{Table, references_to};

/// What goes in one transaction.
pub(super) enum Portion {
    /// These rows, each with all its parts. They are held until the transaction ends.
    Rows(Vec<StoredId>),
    /// Parts of this row, which has more of them than go at once.
    PartsOf(StoredId),
}

/// What becomes of rows that another transaction holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// They are waited for.
    Wait,
    /// They stay.
    Skip,
}

#[derive(QueryableByName)]
struct RowId {
    #[diesel(sql_type = Id)]
    id: StoredId,
}

#[derive(QueryableByName)]
struct RowSize {
    #[diesel(sql_type = Id)]
    id: StoredId,
    /// The row and its parts.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    size: i64,
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
    position: Position,
) -> Result<Option<Done>, Failure> {
    // A row that another transaction holds is being restored or purged by it; to wait for it
    // could close a circle with the restoring of an author, which locks slugs before posts.
    let which = removable(table);
    let next = next(connection, table, &which, before, position, Held::Skip).await?;
    let ids = match next {
        None => return Ok(None),
        Some(Portion::PartsOf(id)) => {
            return Ok(Some(
                remove_some_parts(connection, table, id, position).await?,
            ));
        }
        Some(Portion::Rows(ids)) => ids,
    };
    let mut counts = remove_parts(connection, table, &ids).await?;
    counts.extend(remove_where(connection, table, "id", &ids).await?);
    let last = ids.last().copied();
    Ok(Some(Done { counts, last }))
}

/// What of a table goes in the next transaction: of the rows `which` (SQL, with `$1` for the
/// time) behind the last one as many as its position says, counted with their parts.
pub(super) async fn next(
    connection: &mut Connection,
    table: Table,
    which: &str,
    before: DateTime<Utc>,
    position: Position,
    held: Held,
) -> Result<Option<Portion>, Failure> {
    let most = position.rows();
    let behind = position.last.map_or("", |_| " AND id > $2");
    // In the order in which all others lock several of them.
    let sql = format!("SELECT id FROM {which}{behind} ORDER BY id LIMIT {most}");
    let found: Vec<RowId> = on_backend!(&mut *connection, |c| {
        let mut rows = sql_query(&sql)
            .into_boxed()
            .bind::<Instant, _>(StoredInstant(before));
        if let Some(last) = position.last {
            rows = rows.bind::<Id, _>(last);
        }
        let rows = Locked::for_update(rows);
        let rows = match held {
            Held::Wait => rows,
            Held::Skip => rows.skip_locked(),
        };
        rows.load(c).await?
    });
    let ids: Vec<_> = found.iter().map(|row| row.id).collect();
    let Some(&first) = ids.as_slice().first() else {
        return Ok(None);
    };
    let mut left = i64::from(most);
    let fitting = sizes(connection, table, &ids, most).await?;
    let fitting = fitting.into_iter().map_while(|row| {
        left -= row.size;
        (left >= 0).then_some(row.id)
    });
    let ids: Vec<_> = fitting.collect();
    Ok(Some(match ids.is_empty() {
        true => Portion::PartsOf(first),
        false => Portion::Rows(ids),
    }))
}

/// How many rows go with each of these, itself among them, in the order of their ids. Those of
/// a table are counted up to `most`.
async fn sizes(
    connection: &mut Connection,
    table: Table,
    ids: &[StoredId],
    most: u16,
) -> Result<Vec<RowSize>, Failure> {
    let name = table.name;
    let mut size = "CAST(1 AS bigint)".to_owned();
    for (part, column) in countless_parts_of(table) {
        size += &format!(
            " + (SELECT count(*) FROM (SELECT 1 FROM {} AS part
                 WHERE part.{column} = {name}.id LIMIT {most}) AS parts)",
            part.name
        );
    }
    let of_batch = placeholders(ids.len());
    let sql = format!("SELECT id, {size} AS size FROM {name} WHERE id IN ({of_batch}) ORDER BY id");
    Ok(on_backend!(connection, |c| {
        let sizes = sql_query(sql).into_boxed();
        let sizes = ids.iter().fold(sizes, |sql, id| sql.bind::<Id, _>(*id));
        sizes.load(c).await?
    }))
}

/// Removes some of what goes with this row, and has the next transaction begin with the same
/// row. One that is restored meanwhile comes back without them.
pub(super) async fn remove_some_parts(
    connection: &mut Connection,
    table: Table,
    id: StoredId,
    position: Position,
) -> Result<Done, Failure> {
    let mut counts = Counts::new();
    let mut left = u64::from(position.rows());
    for (part, column) in countless_parts_of(table) {
        let (name, key) = (part.name, part.key.join(", "));
        let sql = format!(
            "DELETE FROM {name} WHERE ({key}) IN
                 (SELECT {key} FROM {name} WHERE {column} = $1 LIMIT {left})"
        );
        let removed = on_backend!(&mut *connection, |c| {
            sql_query(&sql).bind::<Id, _>(id).execute(c).await?
        });
        left = left.saturating_sub(rows(removed));
        counts.extend(part.purged_as.map(|label| (label, rows(removed))));
    }
    let last = position.last;
    Ok(Done { counts, last })
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

/// Those of them of which a row may have any number. The others have its key, and go with it
/// always: a row could not be without them if it is restored.
fn countless_parts_of(table: Table) -> impl Iterator<Item = (Table, &'static str)> {
    parts_of(table).filter(|(part, column)| part.key != [*column])
}
