use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::pg::{Pg, PgValue};
use diesel::row::{Field, NamedRow};
use diesel::sql_types::{BigInt, Binary, Bool, Integer, SingleValue, Text};
use diesel::sqlite::{Sqlite, SqliteType};
use hexpress_database::sql::{self, StoredId, StoredInstant};
use hexpress_domain::id;

/// A value as SQLite stores it, which is also what both databases are compared by:
/// ids are their 16 bytes, instants microseconds since 1970, booleans 0 and 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// The values of one row, in the order of the columns that were asked for.
pub(crate) type Row = Vec<Value>;

/// A row of whatever columns, as it is read.
pub(crate) struct StoredRow(pub(crate) Row);

impl Value {
    /// As a number of rows.
    pub(crate) fn as_count(&self) -> u64 {
        match self {
            Self::Integer(number) => u64::try_from(*number).unwrap_or_default(),
            _ => 0,
        }
    }

    /// How much memory it takes, roughly.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Null | Self::Integer(_) => 0,
                Self::Text(text) => text.len(),
                Self::Bytes(bytes) => bytes.len(),
            }
    }
}

impl<Of> From<id::Id<Of>> for Value {
    fn from(id: id::Id<Of>) -> Self {
        Self::Bytes(id.as_uuid().as_bytes().to_vec())
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Integer(time.timestamp_micros())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(is_so: bool) -> Self {
        Self::Integer(is_so.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl QueryableByName<Pg> for StoredRow {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        read(row, of_postgres).map(Self)
    }
}

impl QueryableByName<Sqlite> for StoredRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        read(row, of_sqlite).map(Self)
    }
}

fn read<'a, DB: Backend, R: NamedRow<'a, DB>>(
    row: &R,
    convert: impl Fn(DB::RawValue<'_>) -> deserialize::Result<Value>,
) -> deserialize::Result<Row> {
    (0..row.field_count())
        .map(|index| {
            let field = diesel::row::Row::get(row, index).ok_or("a field is missing")?;
            field.value().map_or(Ok(Value::Null), &convert)
        })
        .collect()
}

/// The types of our schema, by the numbers that PostgreSQL gives its own.
fn of_postgres(value: PgValue<'_>) -> deserialize::Result<Value> {
    fn get<ST: SingleValue, T: FromSql<ST, Pg>>(value: PgValue<'_>) -> deserialize::Result<T> {
        T::from_sql(value)
    }
    Ok(match value.get_oid().get() {
        2950 => {
            let id: StoredId = get::<sql::Id, _>(value)?;
            Value::Bytes(id.0.as_bytes().to_vec())
        }
        1184 => {
            let time: StoredInstant = get::<sql::Instant, _>(value)?;
            time.0.into()
        }
        16 => get::<Bool, bool>(value)?.into(),
        20 => get::<BigInt, i64>(value)?.into(),
        23 => i64::from(get::<Integer, i32>(value)?).into(),
        25 => Value::Text(get::<Text, _>(value)?),
        17 => Value::Bytes(get::<Binary, _>(value)?),
        oid => return Err(format!("a value of a type that is not copied, oid {oid}").into()),
    })
}

fn of_sqlite(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Value> {
    Ok(match value.value_type() {
        None => Value::Null,
        Some(SqliteType::Integer | SqliteType::Long | SqliteType::SmallInt) => {
            Value::Integer(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?)
        }
        Some(SqliteType::Text) => Value::Text(<String as FromSql<Text, Sqlite>>::from_sql(value)?),
        Some(SqliteType::Binary) => {
            Value::Bytes(<Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?)
        }
        Some(other) => {
            return Err(format!("a value of a type that is not copied, {other:?}").into());
        }
    })
}
