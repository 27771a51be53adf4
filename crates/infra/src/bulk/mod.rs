//! Rows by the hundred, of any table: what is made up, and what is copied.
//!
//! What is usual here goes through Diesel's tables, a type for each row. Where
//! whole tables are moved, one text serves them all: the columns are asked of the
//! database itself, so that none can be forgotten, and a table is a name and
//! its key.

mod value;

use crate::database::{Connection, Failure, on_both};

pub(crate) use value::{Row, StoredRow, Value};

/// A table, and the columns of its primary key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) key: &'static [&'static str],
}

/// A column that is written, which a generated one is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// What a column holds. SQLite knows fewer of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Instant,
    Boolean,
    Integer,
    Text,
    Bytes,
}

impl Table {
    /// The columns, in the order of the table.
    pub(crate) async fn columns(self, connection: &mut Connection) -> Result<Vec<Column>, Failure> {
        Ok(on_both!(connection, |c, dialect| {
            dialect::columns(c, self.name).await?
        }))
    }

    /// Adds rows, and returns the keys of those that were written.
    pub(crate) async fn insert(
        self,
        connection: &mut Connection,
        columns: &[Column],
        rows: &[Row],
    ) -> Result<Vec<Row>, Failure> {
        let statement = Insertion {
            into: format!(
                "INSERT INTO {} ({})",
                self.name,
                list(columns.iter().map(|column| column.name.as_str()))
            ),
            otherwise: format!(
                "ON CONFLICT ({key}) DO NOTHING RETURNING {key}",
                key = list(self.key.iter().copied()),
            ),
        };
        Ok(on_both!(connection, |c, dialect| {
            dialect::insert(c, &statement, columns, rows).await?
        }))
    }
}

/// Tells the database that this transaction adds many rows.
pub(crate) async fn expect(connection: &mut Connection) -> Result<(), Failure> {
    on_both!(connection, |c, dialect| dialect::expect_bulk(c).await?);
    Ok(())
}

/// What stands before and behind the rows of an `INSERT`.
pub(crate) struct Insertion {
    pub(crate) into: String,
    pub(crate) otherwise: String,
}

/// Names of columns in quotes: some of ours are words of SQL too.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}

/// So many placeholders, numbered from behind this one on.
pub(crate) fn placeholders(after: usize, count: usize) -> String {
    let all: Vec<_> = (after + 1..=after + count)
        .map(|number| format!("${number}"))
        .collect();
    all.join(", ")
}
