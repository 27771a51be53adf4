pub(crate) mod plans;

use std::time::Duration;

use hexpress_database::{Database, DatabaseOptions, Synchronous};
use hexpress_test_support::{Kind, TestDatabase};

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
             INSERT INTO posts (id, author_id, title, slug, slug_named, status, metadata, version,
                 created_at, updated_at, deleted_with_author)
             VALUES ({post}, {user}, 'Post', 'post-{number}', FALSE, 'draft', '{{}}', 1, {time},
                 {time}, FALSE);
             INSERT INTO post_texts (post_id, content, search_text) VALUES ({post}, 'c', '');
             INSERT INTO kept_slugs (slug, post_id) VALUES ('kept-{number}', {post});
             INSERT INTO view_batches (id, made_at) VALUES ({post}, {time});"
        );
        let (product, order) = (id(number + 4), id(number + 6));
        sql += &format!(
            "INSERT INTO products (id, name, description, price_cents, currency, stock, is_active,
                 search_text, version, created_at, updated_at)
             VALUES ({product}, 'A', '', 1, 'EUR', 4, TRUE, '', 1, {time}, {time});
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
