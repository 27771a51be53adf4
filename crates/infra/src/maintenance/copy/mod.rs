//! Everything that is in one database, into another: between SQLite and PostgreSQL
//! in either direction, or from one kind to the same.
//!
//! The source is read in one snapshot, so that what is written to it meanwhile is
//! left out whole. The target is filled batch by batch, under a mark: while that is
//! there, neither a server nor a second copy takes the database for a whole one. Then
//! all of the target is read again and compared, and only then the mark goes.

mod digest;
mod error;
mod mark;
mod progress;
mod reader;

use std::mem;

use hexpress_database::{Database, MigrationState, Snapshot};
use hexpress_domain::repository::RepositoryError;

use crate::maintenance::bulk::{Column, OnConflict, Row, Value};

use crate::schema::{Table, copied, growing};

pub use error::CopyError;
pub use mark::is_unfinished;
pub use progress::{CopiedTable, CopyProgress, CopyStep};
use reader::Reader;

/// What has been read is written when it takes so many bytes.
const BATCH_SIZE: usize = 4 * 1024 * 1024;

/// Copies one database into another.
pub struct Copier {
    source: Database,
    target: Database,
}

impl Copier {
    /// From the source, whose migrations have been run, into the target, which is
    /// empty.
    #[must_use]
    pub const fn new(source: Database, target: Database) -> Self {
        Self { source, target }
    }

    /// Migrates the target, copies all tables, and compares them at the end. Tells
    /// `watch` after each batch.
    ///
    /// # Errors
    ///
    /// [`CopyError`]. One that comes before the first row leaves the target as it was,
    /// but migrated; any other leaves it marked as unfinished.
    pub async fn run(
        &self,
        watch: &mut (dyn FnMut(CopyProgress) + Send),
    ) -> Result<Vec<CopiedTable>, CopyError> {
        self.check_source().await?;
        self.target.migrator().up().await?;
        mark::set(&self.target).await?;

        let mut source = self.source.snapshot().await.map_err(CopyError::Source)?;
        let mut tables = Vec::new();
        for table in copied() {
            tables.push(self.fill(table, &mut source, watch).await?);
        }
        drop(source);

        let mut target = self.target.snapshot().await.map_err(CopyError::Target)?;
        for (table, source) in copied().zip(&tables) {
            compare(table, &mut target, source, watch).await?;
        }
        drop(target);

        mark::remove(&self.target).await?;
        self.target.gather_statistics(growing()).await;
        Ok(tables)
    }

    async fn check_source(&self) -> Result<(), CopyError> {
        let migrations = self.source.migrator().status().await?;
        let is_current =
            |migration: &hexpress_database::Migration| migration.state == MigrationState::Applied;
        if !migrations.iter().all(is_current) {
            return Err(CopyError::SourceSchema);
        }
        let is_unfinished = is_unfinished(&self.source).await;
        if is_unfinished.map_err(CopyError::Source)? {
            return Err(CopyError::SourceUnfinished);
        }
        Ok(())
    }

    async fn fill(
        &self,
        table: Table,
        source: &mut Snapshot,
        watch: &mut (dyn FnMut(CopyProgress) + Send),
    ) -> Result<CopiedTable, CopyError> {
        let name = table.name;
        let mut reader = Reader::start(table, source)
            .await
            .map_err(CopyError::Source)?;
        let columns = columns(&self.target, table)
            .await
            .map_err(CopyError::Target)?;
        let names = |columns: &[Column]| -> Vec<String> {
            columns.iter().map(|column| column.name.clone()).collect()
        };
        if names(&columns) != names(reader.columns()) {
            return Err(CopyError::Columns(name));
        }
        let mut waiting = Batch::default();
        loop {
            let rows = reader.next(source).await.map_err(CopyError::Source)?;
            let is_end = rows.is_empty();
            let mut full: Vec<_> = rows
                .into_iter()
                .filter_map(|row| waiting.add(row))
                .collect();
            if is_end {
                full.extend(waiting.take());
            }
            for rows in full {
                write(&self.target, table, &columns, rows)
                    .await
                    .map_err(CopyError::Target)?;
                watch(reader.progress(CopyStep::Copy));
            }
            if is_end {
                return Ok(reader.finish());
            }
        }
    }
}

/// Rows that are to be written together: a statement on them takes about as long as one on the longest
/// row, and so keeps the limits on time.
#[derive(Default)]
struct Batch {
    rows: Vec<Row>,
    size: usize,
}

impl Batch {
    /// Adds a row; returns all once they are as many or as long as are written together.
    fn add(&mut self, row: Row) -> Option<Vec<Row>> {
        self.size += row.iter().map(Value::size).sum::<usize>();
        self.rows.push(row);
        let most = usize::try_from(reader::SHORT_ROWS).unwrap_or(usize::MAX);
        let is_full = self.size >= BATCH_SIZE || self.rows.len() >= most;
        if is_full { self.take() } else { None }
    }

    /// What has been added and not been returned, if anything.
    fn take(&mut self) -> Option<Vec<Row>> {
        let rows = mem::take(self).rows;
        (!rows.is_empty()).then_some(rows)
    }
}

async fn columns(database: &Database, table: Table) -> Result<Vec<Column>, RepositoryError> {
    database
        .read(table, |connection, table| {
            Box::pin(table.columns(connection))
        })
        .await
}

async fn write(
    target: &Database,
    table: Table,
    columns: &[Column],
    rows: Vec<Row>,
) -> Result<(), RepositoryError> {
    let input = (table, columns.to_vec(), rows);
    target
        .write(input, |connection, (table, columns, rows)| {
            Box::pin(async move {
                crate::maintenance::bulk::expect(connection).await?;
                table
                    .insert(connection, columns, rows, OnConflict::Replace)
                    .await?;
                Ok(())
            })
        })
        .await
}

/// Reads a table of the target and compares it with what was read of the source.
async fn compare(
    table: Table,
    target: &mut Snapshot,
    source: &CopiedTable,
    watch: &mut (dyn FnMut(CopyProgress) + Send),
) -> Result<(), CopyError> {
    let mut reader = Reader::start(table, target)
        .await
        .map_err(CopyError::Target)?;
    while !reader
        .next(target)
        .await
        .map_err(CopyError::Target)?
        .is_empty()
    {
        watch(reader.progress(CopyStep::Compare));
    }
    let found = reader.finish();
    if found != *source {
        return Err(CopyError::Differs {
            table: table.name,
            source_rows: source.rows,
            target_rows: found.rows,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
