use std::sync::Arc;

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, Instrumentation, InstrumentationEvent};
use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};
use tracing::Span;

use crate::sql::Locked;
use crate::sqlite::AsyncSqliteConnection;

/// A connection out of the pool, to one of the two databases.
pub enum Connection {
    /// To PostgreSQL. Shared, so that a statement can be sent before the one ahead of it has
    /// been answered.
    Postgres(Arc<Object<AsyncPgConnection>>),
    /// To SQLite.
    Sqlite(Object<AsyncSqliteConnection>),
}

/// Compiles one text of a query for both databases: `on_backend!(connection, |c| …)`.
///
/// Where the databases spell a part of it differently, `on_backend!(connection, |c, dialect|
/// …)` gives the module of [`sql::dialect`](crate::sql::dialect) that fits the connection the
/// name `dialect`. With `|c, dialect in crate::path|` it is one of the modules `postgres` and
/// `sqlite` of that path.
#[macro_export]
macro_rules! on_backend {
    ($connection:expr, |$c:ident, $dialect:ident| $body:expr) => {
        $crate::on_backend!($connection, |$c, $dialect in $crate::sql::dialect| $body)
    };
    ($connection:expr, |$c:ident $(, $dialect:ident in $($module:tt)::+)?| $body:expr) => {
        match $connection {
            $crate::Connection::Postgres(object) => {
                $(use $($module)::+::postgres as $dialect;)?
                let $c = &mut &***object;
                $body
            }
            $crate::Connection::Sqlite(object) => {
                $(use $($module)::+::sqlite as $dialect;)?
                let $c = &mut **object;
                $body
            }
        }
    };
}
pub(crate) use on_backend;

/// Runs statements in this order, none of which needs the result of another, and evaluates
/// to a tuple of their results: `pipelined!(connection, |c| first, second)`, or with a
/// `dialect` as in [`on_backend!`].
///
/// They are sent to PostgreSQL all at once, without waiting for results. It runs them one
/// after the other; each sees what those before it have done, and in a transaction none runs
/// behind one that has failed. So look at the results in this order: only the first failure
/// says why. Each must be [`Prepared`](crate::sql::Prepared) or one that Diesel keeps
/// prepared by itself: otherwise preparing it would hold up those behind it, and change their
/// order.
#[macro_export]
macro_rules! pipelined {
    ($connection:expr, |$c:ident, $dialect:ident| $($statement:expr),+ $(,)?) => {
        $crate::pipelined!($connection, |$c, $dialect in $crate::sql::dialect| $($statement),+)
    };
    ($connection:expr, |$c:ident $(, $dialect:ident in $($module:tt)::+)?| $($statement:expr),+ $(,)?) => {
        match $connection {
            $crate::Connection::Postgres(object) => {
                $(use $($module)::+::postgres as $dialect;)?
                let shared: &$crate::macro_support::AsyncPgConnection = object;
                $crate::macro_support::join!(biased; $(async {
                    let $c = &mut &*shared;
                    $statement.await
                }),+)
            }
            $crate::Connection::Sqlite(object) => {
                $(use $($module)::+::sqlite as $dialect;)?
                let $c = &mut **object;
                ($($statement.await),+)
            }
        }
    };
}

impl Connection {
    /// Locks the rows that a query finds until the transaction ends, in the query's order.
    /// Does nothing on SQLite, where the transaction holds the whole database anyway.
    ///
    /// # Errors
    ///
    /// The failure of the query; a lock that is not free in time is
    /// [`RepositoryError::Unavailable`](hexpress_domain::repository::RepositoryError).
    pub async fn lock<Q>(&mut self, rows: Locked<Q>) -> QueryResult<()>
    where
        Locked<Q>: QueryFragment<Pg> + QueryId + Send,
    {
        if let Self::Postgres(c) = self {
            rows.execute(&mut &***c).await?;
        }
        Ok(())
    }

    /// Begins a transaction that may write. On SQLite it holds the database's one
    /// write lock from here on, so that what it reads stays true until it commits.
    pub(crate) async fn begin(&mut self) -> QueryResult<()> {
        match self {
            Self::Postgres(c) => begin(Arc::clone(c), "BEGIN".to_owned()).await,
            Self::Sqlite(c) => {
                c.spawn_blocking(|c| {
                    AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")
                })
                .await
            }
        }
    }

    /// Begins a savepoint, which commits or rolls back without the rest of its transaction.
    /// Does nothing on PostgreSQL, where each write has a transaction of its own.
    pub(crate) async fn begin_savepoint(&mut self) -> QueryResult<()> {
        match self {
            Self::Postgres(_) => Ok(()),
            Self::Sqlite(c) => SqliteTransactions::begin_transaction(&mut **c).await,
        }
    }

    /// Commits the transaction or the savepoint that was begun last.
    pub(crate) async fn commit(&mut self) -> QueryResult<()> {
        match self {
            Self::Postgres(c) => (&mut &***c).batch_execute("COMMIT").await,
            Self::Sqlite(c) => SqliteTransactions::commit_transaction(&mut **c).await,
        }
    }

    /// Rolls back the transaction or the savepoint that was begun last.
    pub(crate) async fn rollback(&mut self) -> QueryResult<()> {
        match self {
            Self::Postgres(c) => (&mut &***c).batch_execute("ROLLBACK").await,
            Self::Sqlite(c) => SqliteTransactions::rollback_transaction(&mut **c).await,
        }
    }

    /// Takes the connection out of its pool and closes it.
    pub(crate) fn discard(self) {
        match self {
            Self::Postgres(object) => {
                drop(Arc::into_inner(object).map(Object::<AsyncPgConnection>::take));
            }
            Self::Sqlite(object) => drop(Object::<AsyncSqliteConnection>::take(object)),
        }
    }

    /// Logs statements within the current span, if the log takes them.
    pub(crate) fn log_statements(&mut self) {
        if tracing::enabled!(tracing::Level::DEBUG) {
            let log = StatementLog {
                span: Span::current(),
            };
            self.set_instrumentation(log);
        }
    }

    /// Drops the span of the statements' log, so that it ends with its request and not when
    /// somebody else uses the connection.
    pub(crate) fn end_log(&mut self) {
        if tracing::enabled!(tracing::Level::DEBUG) {
            self.set_instrumentation(NO_LOG);
        }
    }

    /// Tells `instrumentation` of each statement, in place of the one before. Does nothing
    /// while a statement is under way.
    pub fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        match self {
            Self::Postgres(object) => {
                if let Some(object) = Arc::get_mut(object) {
                    object.set_instrumentation(instrumentation);
                }
            }
            Self::Sqlite(object) => object.set_instrumentation(instrumentation),
        }
    }
}

type SqliteTransactions = <AsyncSqliteConnection as AsyncConnection>::TransactionManager;

/// Begins a transaction on PostgreSQL by this SQL. The connection is shared, so that the
/// transaction's first statement can be sent while this is under way.
pub(crate) async fn begin(
    connection: Arc<Object<AsyncPgConnection>>,
    sql: String,
) -> QueryResult<()> {
    (&mut &**connection).batch_execute(&sql).await
}

const NO_LOG: Option<Box<dyn Instrumentation>> = None;

struct StatementLog {
    span: Span,
}

impl Instrumentation for StatementLog {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            // Diesel appends the bound values, which must not be logged.
            let sql = text
                .split_once(" -- binds: ")
                .map_or(&*text, |(sql, _)| sql);
            self.span.in_scope(|| tracing::debug!(sql, "statement"));
        }
    }
}

#[cfg(test)]
mod tests;
