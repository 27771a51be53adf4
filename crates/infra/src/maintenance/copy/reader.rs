use hexpress_database::Snapshot;
use hexpress_domain::repository::RepositoryError;

use super::digest::TableDigest;
use super::progress::{CopiedTable, CopyProgress, CopyStep};
use crate::maintenance::bulk::{Column, Row};
use crate::schema::Table;

/// So many rows are read at once where they are short.
pub(super) const SHORT_ROWS: u32 = 1_000;
/// So many where one may take megabytes.
const LONG_ROWS: u32 = 16;

/// Reads a table in the order of its key, and takes its digest.
pub(super) struct Reader {
    page: Page,
    rows: u64,
    total: u64,
    digest: TableDigest,
}

/// What is read next.
struct Page {
    table: Table,
    columns: Vec<Column>,
    after: Option<Row>,
    limit: u32,
}

impl Reader {
    pub(super) async fn start(
        table: Table,
        snapshot: &mut Snapshot,
    ) -> Result<Self, RepositoryError> {
        let (columns, total) = snapshot
            .read(&table, |connection, table| {
                Box::pin(async move {
                    let columns = table.columns(connection).await?;
                    Ok((columns, table.count(connection).await?))
                })
            })
            .await?;
        Ok(Self {
            page: Page {
                table,
                columns,
                after: None,
                limit: if table.has_long_rows {
                    LONG_ROWS
                } else {
                    SHORT_ROWS
                },
            },
            rows: 0,
            total,
            digest: TableDigest::new(),
        })
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.page.columns
    }

    /// The next rows; none at the end.
    pub(super) async fn next(
        &mut self,
        snapshot: &mut Snapshot,
    ) -> Result<Vec<Row>, RepositoryError> {
        let rows: Vec<Row> = snapshot
            .read(&self.page, |connection, page| {
                let Page {
                    table,
                    columns,
                    after,
                    limit,
                } = page;
                Box::pin(table.page(connection, columns, after.as_deref(), *limit))
            })
            .await?;
        for row in &rows {
            self.digest.add(row);
            self.rows += 1;
        }
        if let Some(last) = rows.last() {
            self.page.after = Some(self.page.key_of(last));
        }
        Ok(rows)
    }

    pub(super) const fn progress(&self, step: CopyStep) -> CopyProgress {
        CopyProgress {
            step,
            table: self.page.table.name,
            rows: self.rows,
            total: self.total,
        }
    }

    pub(super) fn finish(self) -> CopiedTable {
        CopiedTable {
            name: self.page.table.name,
            rows: self.rows,
            digest: self.digest.finish(),
        }
    }
}

impl Page {
    fn key_of(&self, row: &Row) -> Row {
        let value = |name: &&str| {
            let mut columns = self.columns.iter().zip(row);
            let found = columns.find(|(column, _)| column.name == *name);
            found.map(|(_, value)| value.clone())
        };
        self.table.key.iter().filter_map(value).collect()
    }
}
