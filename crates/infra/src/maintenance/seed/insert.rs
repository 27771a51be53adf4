use std::collections::HashSet;

use hexpress_database::{Connection, Failure};
use hexpress_domain::id::Id;

use crate::maintenance::bulk::{self, OnConflict, Row, Value};
use crate::schema::Table;

/// Those things of a batch whose ids are among the keys that were added.
pub(super) fn only<'a, T, Of>(
    batch: &'a [T],
    added: &[Row],
    id: impl Fn(&T) -> Id<Of>,
) -> Vec<&'a T> {
    let keys: HashSet<_> = added.iter().map(Vec::as_slice).collect();
    batch
        .iter()
        .filter(|thing| keys.contains([Value::from(id(thing))].as_slice()))
        .collect()
}

/// Adds rows with these columns, and returns the keys of those that were not there.
pub(super) async fn insert(
    connection: &mut Connection,
    table: Table,
    rows: Vec<Vec<(&'static str, Value)>>,
) -> Result<Vec<Row>, Failure> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    bulk::expect(connection).await?;
    let known = table.columns(connection).await?;
    let named = rows.iter().take(1).flatten();
    let columns: Vec<_> = named
        .filter_map(|(name, _)| known.iter().find(|column| column.name == *name))
        .cloned()
        .collect();
    let rows: Vec<Row> = rows
        .into_iter()
        .map(|row| row.into_iter().map(|(_, value)| value).collect())
        .collect();
    table
        .insert(connection, &columns, &rows, OnConflict::Keep)
        .await
}
