use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, Instrumentation, InstrumentationEvent};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncConnection, AsyncPgConnection, TransactionManager};
use tracing::Span;

use super::sqlite::AsyncSqliteConnection;

/// A connection out of the pool, to one of the two databases.
#[expect(
    clippy::large_enum_variant,
    reason = "there are as many as the pools hold, and none is copied"
)]
pub(crate) enum Connection {
    Postgres(Object<AsyncPgConnection>),
    Sqlite(Object<AsyncSqliteConnection>),
}

/// Compiles one text of a query for both databases: `on_both!(connection, |c| …)`,
/// or `on_both!(connection, |c, dialect| …)` where a part of it differs, which
/// `dialect` then holds.
macro_rules! on_both {
    ($connection:expr, |$c:ident $(, $dialect:ident)?| $body:expr) => {
        match $connection {
            $crate::database::Connection::Postgres(object) => {
                $(use $crate::database::dialect::postgres as $dialect;)?
                let $c = &mut **object;
                $body
            }
            $crate::database::Connection::Sqlite(object) => {
                $(use $crate::database::dialect::sqlite as $dialect;)?
                let $c = &mut **object;
                $body
            }
        }
    };
}
pub(crate) use on_both;

/// Runs statements in this order, none of which needs the answer of another, and evaluates
/// to what came of each: `in_one_trip!(connection, |c| first, second)`, or with a `dialect`
/// as in [`on_both`].
///
/// PostgreSQL is sent all of them before it has answered the first; it runs them one
/// after the other, each on what the ones before have left, and in a transaction none
/// behind one that fails: so look at what came of them in this order, as the first failure
/// alone says why. All must be statements that stay prepared: one that is being
/// prepared holds up those behind it, and those alone are sure to keep their order.
macro_rules! in_one_trip {
    ($connection:expr, |$c:ident $(, $dialect:ident)?| $($statement:expr),+ $(,)?) => {
        match $connection {
            $crate::database::Connection::Postgres(object) => {
                $(use $crate::database::dialect::postgres as $dialect;)?
                let shared: &diesel_async::AsyncPgConnection = object;
                tokio::join!(biased; $(async {
                    let $c = &mut &*shared;
                    $statement.await
                }),+)
            }
            $crate::database::Connection::Sqlite(object) => {
                $(use $crate::database::dialect::sqlite as $dialect;)?
                let $c = &mut **object;
                ($($statement.await),+)
            }
        }
    };
}
pub(crate) use in_one_trip;

impl Connection {
    /// Begins a transaction that may write. On SQLite it holds the database's one
    /// write lock from here on, so that what it reads stays true until it commits.
    pub(super) async fn begin(&mut self) -> QueryResult<()> {
        match self {
            Self::Postgres(c) => begin(&mut **c).await,
            Self::Sqlite(c) => {
                c.spawn_blocking(|c| {
                    AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")
                })
                .await
            }
        }
    }

    /// Begins a part of a transaction, which commits or rolls back for itself.
    pub(super) async fn begin_part(&mut self) -> QueryResult<()> {
        on_both!(self, |c| begin(c).await)
    }

    pub(super) async fn commit(&mut self) -> QueryResult<()> {
        on_both!(self, |c| commit(c).await)
    }

    pub(super) async fn rollback(&mut self) -> QueryResult<()> {
        on_both!(self, |c| rollback(c).await)
    }

    /// Takes the connection out of its pool and closes it.
    pub(super) fn discard(self) {
        match self {
            Self::Postgres(object) => drop(Object::<AsyncPgConnection>::take(object)),
            Self::Sqlite(object) => drop(Object::<AsyncSqliteConnection>::take(object)),
        }
    }

    /// Logs statements within the present span, where anybody listens.
    pub(super) fn log_statements(&mut self) {
        if tracing::enabled!(tracing::Level::DEBUG) {
            let log = StatementLog {
                span: Span::current(),
            };
            on_both!(self, |c| c.set_instrumentation(log));
        }
    }

    /// Lets go of the span that statements were logged in: it ends with its request, not
    /// when somebody else uses the connection.
    pub(super) fn end_log(&mut self) {
        if tracing::enabled!(tracing::Level::DEBUG) {
            on_both!(self, |c| c.set_instrumentation(NO_LOG));
        }
    }
}

async fn begin<C: AsyncConnection>(connection: &mut C) -> QueryResult<()> {
    C::TransactionManager::begin_transaction(connection).await
}

async fn commit<C: AsyncConnection>(connection: &mut C) -> QueryResult<()> {
    C::TransactionManager::commit_transaction(connection).await
}

async fn rollback<C: AsyncConnection>(connection: &mut C) -> QueryResult<()> {
    C::TransactionManager::rollback_transaction(connection).await
}

const NO_LOG: Option<Box<dyn Instrumentation>> = None;

struct StatementLog {
    span: Span,
}

impl Instrumentation for StatementLog {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            // What Diesel appends are the bound values, which belong in no log.
            let sql = text
                .split_once(" -- binds: ")
                .map_or(&*text, |(sql, _)| sql);
            self.span.in_scope(|| tracing::debug!(sql, "statement"));
        }
    }
}

#[cfg(test)]
mod tests;
