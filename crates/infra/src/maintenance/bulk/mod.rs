//! Rows by the hundred, of any table: what is made up, and what is copied.
//!
//! What is usual here goes through Diesel's tables, a type for each row. Where
//! whole tables are moved, one text serves them all: the columns are asked of the
//! database itself, so that none can be forgotten, and a table is a name and
//! its key.

pub(crate) mod postgres;
pub(crate) mod sqlite;
mod value;

use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use hexpress_database::{Connection, Failure, on_backend};

use crate::schema::Table;

pub(crate) use value::{Row, StoredRow, Value};

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

/// What becomes of a row whose key is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnConflict {
    /// It stays as it is.
    Keep,
    /// It becomes the new one.
    Replace,
}

impl Table {
    /// The columns, in the order of the table.
    pub(crate) async fn columns(self, connection: &mut Connection) -> Result<Vec<Column>, Failure> {
        Ok(
            on_backend!(connection, |c, dialect in crate::maintenance::bulk| {
                dialect::columns(c, self.name).await?
            }),
        )
    }

    /// Whether there is no row, at the same cost however many there are.
    pub(crate) async fn is_empty(self, connection: &mut Connection) -> Result<bool, Failure> {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", self.name);
        let rows: Vec<StoredRow> =
            on_backend!(connection, |c| diesel::sql_query(sql).load(c).await?);
        Ok(rows.is_empty())
    }

    /// How many rows there are.
    pub(crate) async fn count(self, connection: &mut Connection) -> Result<u64, Failure> {
        let sql = format!("SELECT count(*) FROM {}", self.name);
        let rows: Vec<StoredRow> =
            on_backend!(connection, |c| diesel::sql_query(sql).load(c).await?);
        Ok(rows
            .iter()
            .flat_map(|row| &row.0)
            .map(Value::as_count)
            .sum())
    }

    /// So many rows at most, in the order of the key, from behind the row with this
    /// one.
    pub(crate) async fn page(
        self,
        connection: &mut Connection,
        columns: &[Column],
        after: Option<&[Value]>,
        limit: u32,
    ) -> Result<Vec<Row>, Failure> {
        let key = list(self.key.iter().copied());
        let names = list(columns.iter().map(|column| column.name.as_str()));
        let condition = match after {
            None => String::new(),
            Some(after) => format!("WHERE ({key}) > ({})", placeholders(after.len())),
        };
        let limit_number = after.map_or(0, <[Value]>::len) + 1;
        let sql = format!(
            "SELECT {names} FROM {} {condition} ORDER BY {key} LIMIT ${limit_number}",
            self.name
        );
        let rows: Vec<StoredRow> = on_backend!(connection, |c, dialect in crate::maintenance::bulk| {
            let mut query = diesel::sql_query(sql).into_boxed::<dialect::Backend>();
            for (name, value) in self.key.iter().zip(after.unwrap_or_default()) {
                query = dialect::bind(query, kind_of(columns, name), value);
            }
            query.bind::<BigInt, _>(i64::from(limit)).load(c).await?
        });
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// Adds rows, and returns the keys of those that were written.
    pub(crate) async fn insert(
        self,
        connection: &mut Connection,
        columns: &[Column],
        rows: &[Row],
        on_conflict: OnConflict,
    ) -> Result<Vec<Row>, Failure> {
        let statement = Insertion {
            into: format!(
                "INSERT INTO {} ({})",
                self.name,
                list(columns.iter().map(|column| column.name.as_str()))
            ),
            otherwise: format!(
                "ON CONFLICT ({key}) DO {} RETURNING {key}",
                self.action(columns, on_conflict),
                key = list(self.key.iter().copied()),
            ),
        };
        Ok(
            on_backend!(connection, |c, dialect in crate::maintenance::bulk| {
                dialect::insert(c, &statement, columns, rows).await?
            }),
        )
    }

    /// Has the numbers that the database gives go on behind those that rows brought along.
    pub(crate) async fn go_on_numbering(self, connection: &mut Connection) -> Result<(), Failure> {
        if let Some(column) = self.numbered {
            on_backend!(connection, |c, dialect in crate::maintenance::bulk| {
                dialect::go_on_numbering(c, self.name, column).await?
            });
        }
        Ok(())
    }

    fn action(self, columns: &[Column], on_conflict: OnConflict) -> String {
        let news: Vec<_> = columns
            .iter()
            .map(|column| column.name.as_str())
            .filter(|name| !self.key.contains(name))
            .map(|name| format!("\"{name}\" = excluded.\"{name}\""))
            .collect();
        match on_conflict {
            OnConflict::Replace if !news.is_empty() => format!("UPDATE SET {}", news.join(", ")),
            OnConflict::Keep | OnConflict::Replace => "NOTHING".to_owned(),
        }
    }
}

/// Tells the database that this transaction adds many rows.
pub(crate) async fn expect(connection: &mut Connection) -> Result<(), Failure> {
    on_backend!(connection, |c, dialect in crate::maintenance::bulk| dialect::expect_bulk(c).await?);
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

/// So many placeholders.
pub(crate) fn placeholders(count: usize) -> String {
    let all: Vec<_> = (1..=count).map(|number| format!("${number}")).collect();
    all.join(", ")
}

fn kind_of(columns: &[Column], name: &str) -> Kind {
    let column = columns.iter().find(|column| column.name == name);
    column.map_or(Kind::Bytes, |column| column.kind)
}
