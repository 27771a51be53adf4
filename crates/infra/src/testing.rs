use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::connection::InstrumentationEvent;
use hexpress_database::{Connection, Database, DatabaseOptions, Synchronous, Work};
use hexpress_domain::list::{Cursor, PageRequest, Position, SortValue};
use hexpress_test_support::{Kind, TestDatabase};
use uuid::Uuid;

pub(crate) async fn open(raw: &TestDatabase) -> Database {
    let patience = Duration::from_secs(20);
    let options = DatabaseOptions {
        pool_max: 4,
        acquire_timeout: patience,
        idle_timeout: patience,
        statement_timeout: patience,
        lock_timeout: patience,
        idle_in_transaction_timeout: patience,
        sqlite_synchronous: Synchronous::Off,
        ..DatabaseOptions::new(raw.url().parse().unwrap())
    };
    crate::database::open(options).await.unwrap()
}

/// SQL for the id of this number, which is below 100.
pub(crate) fn id(kind: Kind, number: u8) -> String {
    match kind {
        Kind::Sqlite => format!("x'{number:032}'"),
        Kind::Postgres => format!("'{number:032}'"),
    }
}

/// SQL for two rows in every table; two lines, movements and keys of the first order.
pub(crate) fn two_of_each(kind: Kind) -> String {
    let id = |number| id(kind, number);
    let digest = |number: u8| match kind {
        Kind::Sqlite => format!("x'{number:064}'"),
        Kind::Postgres => format!(r"'\x{number:064}'"),
    };
    let time = match kind {
        Kind::Sqlite => "0",
        Kind::Postgres => "'1970-01-01Z'",
    };
    let mut sql = "INSERT INTO unfinished_copies (is_there) VALUES (TRUE);".to_owned();
    for number in [1, 2] {
        let (user, token, post) = (id(number), id(number + 2), id(number + 4));
        let digest = digest(number);
        sql += &format!(
            "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active,
                 search_text, version, created_at, updated_at)
             VALUES ({user}, '{number}@x', 'h', 'A', '', 'user', TRUE, '', 1, {time}, {time});
             INSERT INTO tokens (id, user_id, kind, digest, created_at, last_used_at, expires_at)
             VALUES ({token}, {user}, 'session', {digest}, {time}, {time}, {time});
             INSERT INTO login_counters (key, count, window_ends_at)
             VALUES ({digest}, 1, {time});
             INSERT INTO posts (id, author_id, title, slug, slug_named, content, status, metadata,
                 search_text, version, created_at, updated_at, deleted_with_author)
             VALUES ({post}, {user}, 'Post', 'post-{number}', FALSE, 'c', 'draft', '{{}}', '', 1,
                 {time}, {time}, FALSE);
             INSERT INTO kept_slugs (slug, post_id) VALUES ('kept-{number}', {post});
             INSERT INTO view_batches (id, made_at) VALUES ({post}, {time});"
        );
        let (product, order) = (id(number + 4), id(number + 6));
        sql += &format!(
            "INSERT INTO products (id, name, description, price_cents, currency, stock, is_active,
                 search_text, version, created_at, updated_at)
             VALUES ({product}, 'A', '', 1, 'EUR', 1, TRUE, '', 1, {time}, {time});
             INSERT INTO orders (id, user_id, status, total_cents, currency, version, created_at,
                 updated_at)
             VALUES ({order}, {user}, 'pending', 1, 'EUR', 1, {time}, {time});
             INSERT INTO stock_movements (product_id, delta, cause, created_at)
             VALUES ({product}, 5, 'created', {time});"
        );
    }
    for number in [1, 2] {
        let (user, product, order, digest) = (id(1), id(number + 4), id(7), digest(number));
        sql += &format!(
            "INSERT INTO order_items (order_id, position, product_id, name, quantity,
                 unit_price_cents)
             VALUES ({order}, {number}, {product}, 'A', 1, 1);
             INSERT INTO stock_movements (product_id, delta, cause, order_id, created_at)
             VALUES ({product}, -1, 'ordered', {order}, {time});
             INSERT INTO idempotency_keys (user_id, key, fingerprint, order_id, expires_at)
             VALUES ({user}, '{number}', {digest}, {order}, {time});"
        );
    }
    sql
}

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
    work: Work<(I, Caught), T>,
) -> Vec<String>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
{
    let caught = Caught::default();
    let input = (input, Arc::clone(&caught));
    database.read(input, work).await.unwrap();
    caught.lock().unwrap().clone()
}

/// The values of a page that begins in the middle, as the statements that find its
/// rows have them at the end.
pub(crate) fn values_behind(cursor: &Cursor) -> [String; 3] {
    let value = match &cursor.value {
        SortValue::Time(time) => format!("'{}'", time.unwrap()),
        SortValue::Text(text) => format!("'{text}'"),
        SortValue::Number(number) => number.to_string(),
    };
    [value, format!("'{}'", cursor.id), "11".to_owned()]
}

/// A page that begins behind a row in the middle, of six thousand.
pub(crate) fn behind(value: SortValue) -> (Cursor, PageRequest) {
    let cursor = Cursor {
        value,
        id: Uuid::from_u128(3000),
    };
    let page = PageRequest {
        position: Position::After(cursor.clone()),
        count: false,
        ..PageRequest::default()
    };
    (cursor, page)
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
