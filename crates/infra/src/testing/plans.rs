//! How the databases run the statements of the adapters, which are caught on their way.

use std::sync::{Arc, Mutex};

use diesel::connection::InstrumentationEvent;
use hexpress_database::{Connection, Database, Work};
use hexpress_domain::list::{Cursor, Direction, Page, PageQuery, PageRequest, Position, SortValue};
use hexpress_test_support::{Kind, TestDatabase};
use uuid::Uuid;

use super::open;

/// Statements that were caught on their way to the database.
pub(crate) type Caught = Arc<Mutex<Vec<String>>>;

pub(crate) fn catch(connection: &mut Connection, caught: &Caught) {
    let caught = Arc::clone(caught);
    let note = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text.split(" -- binds").next().unwrap_or_default();
            caught.lock().unwrap().push(sql.to_owned());
        }
    };
    connection.set_instrumentation(note);
}

/// The statements of a read.
pub(crate) async fn statements_of<I, T>(
    database: &Database,
    input: I,
    work: Work<I, T>,
) -> Vec<String>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
{
    let caught = Caught::default();
    let input = (input, work, Arc::clone(&caught));
    let read = database.read(input, |connection, (input, work, caught)| {
        Box::pin(async move {
            catch(connection, caught);
            work(connection, input).await
        })
    });
    read.await.unwrap();
    caught.lock().unwrap().clone()
}

/// A database with thousands of rows, of which the planner has statistics.
pub(crate) struct Filled {
    pub(crate) kind: Kind,
    pub(crate) raw: TestDatabase,
    pub(crate) database: Database,
}

impl Filled {
    pub(crate) async fn with(kind: Kind, rows: &str) -> Self {
        let raw = TestDatabase::migrated(kind).await;
        raw.execute(rows).await;
        raw.analyze().await;
        let database = open(&raw).await;
        Self {
            kind,
            raw,
            database,
        }
    }

    /// The plans of the pages that begin behind the row of number 3,000, which has this value,
    /// in both directions of an order. The conditions of the filter have these values.
    pub(crate) async fn plans_behind<F, S, T>(
        &self,
        (filter, values): (F, &[String]),
        (sort, value): (S, SortValue),
        page: Work<PageQuery<F, S>, Page<T>>,
    ) -> [String; 2]
    where
        F: Clone + Send + Sync + 'static,
        S: Copy + Send + Sync + 'static,
        T: Send + 'static,
    {
        let id = Uuid::from_u128(3000);
        let literal = match &value {
            SortValue::Time(time) => format!("'{}'", time.unwrap()),
            SortValue::Text(text) => format!("'{text}'"),
            SortValue::Number(number) => number.to_string(),
        };
        let behind = [literal, format!("'{id}'"), "11".to_owned()];
        let values = [values, &behind].concat();
        let mut plans = [String::new(), String::new()];
        for (plan, direction) in plans.iter_mut().zip(Direction::ALL) {
            let value = value.clone();
            let query = PageQuery {
                filter: filter.clone(),
                sort,
                direction,
                page: PageRequest {
                    position: Position::After(Cursor { value, id }),
                    count: false,
                    ..PageRequest::default()
                },
            };
            let sql = statements_of(&self.database, query, page).await;
            *plan = self::plan(self.kind, &self.raw, &sql[0], &values).await;
        }
        plans
    }
}

/// The [`minute`] of number 3,000.
pub(crate) fn middle() -> SortValue {
    SortValue::Time("2024-01-03T02:00:00Z".parse().ok())
}

/// That a plan takes its rows from this index in their order.
pub(crate) fn assert_led_by(plan: &str, index: &str) {
    assert!(plan.contains(index), "{index}:\n{plan}");
    let sorts = plan.contains("Sort") || plan.contains("TEMP B-TREE");
    assert!(!sorts, "{index}:\n{plan}");
}

/// How the database runs a statement with these values, written as literals.
pub(crate) async fn plan(kind: Kind, raw: &TestDatabase, sql: &str, values: &[String]) -> String {
    let explain = match kind {
        Kind::Sqlite => format!("EXPLAIN QUERY PLAN {sql}"),
        Kind::Postgres => format!(
            "PREPARE statement AS {sql}; EXPLAIN EXECUTE statement {}",
            match values {
                [] => String::new(),
                values => format!("({})", values.join(", ")),
            }
        ),
    };
    let rows = raw.query_text(&explain).await;
    let lines: Vec<_> = rows
        .into_iter()
        .filter_map(|row| row.into_iter().next_back().flatten())
        .collect();
    lines.join("\n")
}

/// SQL for a table that holds the numbers from 1 on as `i`.
pub(crate) fn numbers(kind: Kind, count: u32) -> String {
    match kind {
        Kind::Sqlite => format!(
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
             SELECT i FROM n) AS numbers"
        ),
        Kind::Postgres => format!("generate_series(1, {count}) AS numbers(i)"),
    }
}

/// SQL for the id that a number stands for.
pub(crate) fn id_of(kind: Kind, number: &str) -> String {
    match kind {
        Kind::Sqlite => format!("unhex(printf('%032x', {number}))"),
        Kind::Postgres => format!("lpad(to_hex({number}), 32, '0')::uuid"),
    }
}

/// SQL for a time that so many minutes lie before.
pub(crate) fn minute(kind: Kind, number: &str) -> String {
    match kind {
        Kind::Sqlite => number.to_owned(),
        Kind::Postgres => format!("'2024-01-01Z'::timestamptz + {number} * interval '1 minute'"),
    }
}
