use std::collections::BTreeSet;

use diesel::result::Error;
use diesel_async::SimpleAsyncConnection;
use hexpress_database::{Work, on_backend, violated_constraint};
use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;

use super::Constraint;
use crate::testing::open;

/// Two of each thing; two lines, movements and keys of the first order.
fn rows(kind: Kind) -> String {
    let id = |number: u8| match kind {
        Kind::Sqlite => format!("x'{number:032}'"),
        Kind::Postgres => format!("'{number:032}'"),
    };
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

/// A statement that breaks this constraint and no other, in words that both
/// databases know.
fn breach(constraint: Constraint) -> String {
    let same = |table: &str, column: &str| {
        format!(
            "UPDATE {table} SET {column} = (SELECT {column} FROM {table} ORDER BY {column} LIMIT 1)"
        )
    };
    match constraint {
        Constraint::UsersPkey => "INSERT INTO users (id, email, password_hash, first_name, \
                 last_name, role, is_active, search_text, version, created_at, updated_at) \
             SELECT id, '3@x', 'h', 'A', '', 'user', TRUE, '', 1, created_at, created_at \
             FROM users WHERE email = '1@x'"
            .to_owned(),
        Constraint::UsersEmailLiveKey => same("users", "email"),
        Constraint::UsersEmailCheck => "UPDATE users SET email = 'A' || email".to_owned(),
        Constraint::UsersPasswordHashCheck => "UPDATE users SET password_hash = ''".to_owned(),
        Constraint::UsersFirstNameCheck => "UPDATE users SET first_name = ''".to_owned(),
        Constraint::UsersLastNameCheck => {
            format!("UPDATE users SET last_name = '{}'", "ж".repeat(101))
        }
        Constraint::UsersRoleCheck => "UPDATE users SET role = 'root'".to_owned(),
        Constraint::UsersVersionCheck => "UPDATE users SET version = 0".to_owned(),
        Constraint::TokensPkey => same("tokens", "id"),
        Constraint::TokensUserIdFkey => "UPDATE tokens SET user_id = id".to_owned(),
        Constraint::TokensKindCheck => "UPDATE tokens SET kind = 'other'".to_owned(),
        Constraint::TokensNameCheck => "UPDATE tokens SET kind = 'api', name = ''".to_owned(),
        Constraint::TokensDigestKey => same("tokens", "digest"),
        Constraint::TokensDigestCheck => {
            "UPDATE tokens SET digest = substr(digest, 2, 31)".to_owned()
        }
        Constraint::TokensKindNameCheck => "UPDATE tokens SET name = 'laptop'".to_owned(),
        Constraint::TokensKindExpiresAtCheck => "UPDATE tokens SET expires_at = NULL".to_owned(),
        Constraint::LoginCountersPkey => same("login_counters", "key"),
        Constraint::LoginCountersKeyCheck => {
            "UPDATE login_counters SET key = substr(key, 2, 31)".to_owned()
        }
        Constraint::LoginCountersCountCheck => "UPDATE login_counters SET count = -1".to_owned(),
        Constraint::PostsPkey => "INSERT INTO posts (id, author_id, title, slug, slug_named, \
                 content, status, metadata, search_text, version, created_at, updated_at, \
                 deleted_with_author) \
             SELECT id, author_id, title, 'post-3', slug_named, content, status, metadata, \
                 search_text, version, created_at, updated_at, deleted_with_author \
             FROM posts WHERE slug = 'post-1'"
            .to_owned(),
        Constraint::PostsAuthorIdFkey => "UPDATE posts SET author_id = id".to_owned(),
        Constraint::PostsTitleCheck => "UPDATE posts SET title = 'жж'".to_owned(),
        Constraint::PostsSlugCheck => "UPDATE posts SET slug = slug || '-'".to_owned(),
        Constraint::PostsSlugLiveKey => same("posts", "slug"),
        Constraint::PostsContentCheck => "UPDATE posts SET content = ''".to_owned(),
        Constraint::PostsExcerptCheck => {
            format!("UPDATE posts SET excerpt = '{}'", "ж".repeat(501))
        }
        Constraint::PostsStatusCheck => {
            "UPDATE posts SET status = 'lost', published_at = created_at".to_owned()
        }
        Constraint::PostsMetadataCheck => "UPDATE posts SET metadata = '[]'".to_owned(),
        Constraint::PostsVersionCheck => "UPDATE posts SET version = 0".to_owned(),
        Constraint::PostsStatusPublishedAtCheck => {
            "UPDATE posts SET status = 'archived'".to_owned()
        }
        Constraint::PostsDeletedWithAuthorCheck => {
            "UPDATE posts SET deleted_with_author = TRUE".to_owned()
        }
        Constraint::KeptSlugsPkey => same("kept_slugs", "slug"),
        Constraint::KeptSlugsSlugCheck => "UPDATE kept_slugs SET slug = 'A' || slug".to_owned(),
        Constraint::KeptSlugsPostIdFkey => "UPDATE kept_slugs SET post_id = \
             (SELECT id FROM users ORDER BY id LIMIT 1)"
            .to_owned(),
        Constraint::PostViewsPkey => same("post_views", "post_id"),
        Constraint::PostViewsPostIdFkey => "UPDATE post_views SET post_id = author_id".to_owned(),
        Constraint::PostViewsCountCheck => "UPDATE post_views SET count = -1".to_owned(),
        Constraint::PostCountsPkey => same("post_counts", "id"),
        Constraint::ViewBatchesPkey => same("view_batches", "id"),
        Constraint::ProductsPkey => same("products", "id"),
        Constraint::ProductsNameCheck => "UPDATE products SET name = ''".to_owned(),
        Constraint::ProductsDescriptionCheck => {
            format!("UPDATE products SET description = '{}'", "ж".repeat(5001))
        }
        Constraint::ProductsPriceCentsCheck => "UPDATE products SET price_cents = -1".to_owned(),
        Constraint::ProductsCurrencyCheck => "UPDATE products SET currency = 'eur'".to_owned(),
        Constraint::ProductsStockCheck => "UPDATE products SET stock = -1".to_owned(),
        Constraint::ProductsVersionCheck => "UPDATE products SET version = 0".to_owned(),
        Constraint::OrdersPkey => same("orders", "id"),
        Constraint::OrdersUserIdFkey => "UPDATE orders SET user_id = id".to_owned(),
        Constraint::OrdersStatusCheck => "UPDATE orders SET status = 'lost'".to_owned(),
        Constraint::OrdersTotalCentsCheck => {
            "UPDATE orders SET total_cents = 9007199254740992".to_owned()
        }
        Constraint::OrdersCurrencyCheck => "UPDATE orders SET currency = 'eur'".to_owned(),
        Constraint::OrdersVersionCheck => "UPDATE orders SET version = 0".to_owned(),
        Constraint::OrderItemsPkey => same("order_items", "position"),
        Constraint::OrderItemsOrderIdFkey => {
            "UPDATE order_items SET order_id = product_id".to_owned()
        }
        Constraint::OrderItemsPositionCheck => {
            "UPDATE order_items SET position = 100 WHERE position = 1".to_owned()
        }
        Constraint::OrderItemsProductIdFkey => {
            "UPDATE order_items SET product_id = order_id WHERE position = 1".to_owned()
        }
        Constraint::OrderItemsNameCheck => "UPDATE order_items SET name = ''".to_owned(),
        Constraint::OrderItemsQuantityCheck => "UPDATE order_items SET quantity = 0".to_owned(),
        Constraint::OrderItemsUnitPriceCentsCheck => {
            "UPDATE order_items SET unit_price_cents = -1".to_owned()
        }
        Constraint::OrderItemsProductKey => same("order_items", "product_id"),
        Constraint::StockMovementsPkey => same("stock_movements", "id"),
        Constraint::StockMovementsProductIdFkey => {
            "UPDATE stock_movements SET product_id = order_id WHERE order_id IS NOT NULL \
             AND product_id = (SELECT product_id FROM order_items WHERE position = 1)"
                .to_owned()
        }
        Constraint::StockMovementsCauseCheck => {
            "UPDATE stock_movements SET cause = 'lost' WHERE cause = 'created'".to_owned()
        }
        Constraint::StockMovementsOrderIdFkey => {
            "UPDATE stock_movements SET order_id = product_id WHERE order_id IS NOT NULL".to_owned()
        }
        Constraint::StockMovementsOrderCheck => {
            "UPDATE stock_movements SET order_id = NULL WHERE cause = 'ordered'".to_owned()
        }
        Constraint::StockMovementsDeltaCheck => {
            "UPDATE stock_movements SET delta = -delta WHERE cause = 'ordered'".to_owned()
        }
        Constraint::StockMovementsOrderKey => same("stock_movements", "product_id"),
        Constraint::IdempotencyKeysUserIdFkey => {
            "UPDATE idempotency_keys SET user_id = order_id".to_owned()
        }
        Constraint::IdempotencyKeysKeyCheck => {
            "UPDATE idempotency_keys SET key = '' WHERE key = '1'".to_owned()
        }
        Constraint::IdempotencyKeysFingerprintCheck => {
            "UPDATE idempotency_keys SET fingerprint = substr(fingerprint, 2, 31)".to_owned()
        }
        Constraint::IdempotencyKeysOrderIdFkey => {
            "SET CONSTRAINTS idempotency_keys_order_id_fkey IMMEDIATE; \
             UPDATE idempotency_keys SET order_id = user_id"
                .to_owned()
        }
        Constraint::IdempotencyKeysPkey => same("idempotency_keys", "key"),
        Constraint::UnfinishedCopiesPkey => {
            "INSERT INTO unfinished_copies (is_there) VALUES (TRUE)".to_owned()
        }
        Constraint::UnfinishedCopiesIsThereCheck => {
            "UPDATE unfinished_copies SET is_there = FALSE".to_owned()
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_broken_constraint_is_known(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let raw = TestDatabase::migrated(kind).await;
    raw.execute(&rows(kind)).await;
    let database = open(&raw).await;
    let work: Work<Constraint, Option<Error>> = |connection, &constraint| {
        Box::pin(async move {
            let sql = breach(constraint);
            Ok(on_backend!(connection, |c| c
                .batch_execute(&sql)
                .await
                .err()))
        })
    };
    for constraint in Constraint::ALL {
        // SQLite looks at it when the transaction ends, and cannot be told to do so before.
        if kind == Kind::Sqlite && constraint == Constraint::IdempotencyKeysOrderIdFkey {
            continue;
        }
        let broken = database
            .write_if(Option::is_none, constraint, work)
            .await
            .unwrap();
        let Some(broken) = broken else {
            panic!("{constraint:?} lets {} pass", breach(constraint));
        };
        // SQLite gives foreign keys no name.
        let is_named = kind == Kind::Postgres || !constraint.name().ends_with("_fkey");
        assert_eq!(
            violated_constraint(&broken).and_then(Constraint::of),
            is_named.then_some(constraint),
            "{broken}"
        );
    }
}

#[tokio::test]
async fn every_constraint_of_the_schema_is_listed() {
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    let rows = raw
        .query_text(
            "SELECT conname FROM pg_constraint
             WHERE connamespace = current_schema()::regnamespace AND contype IN ('c', 'f', 'p', 'u')
                 AND conrelid <> '__diesel_schema_migrations'::regclass
             UNION
             SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
             WHERE relnamespace = current_schema()::regnamespace AND indisunique
                 AND indrelid <> '__diesel_schema_migrations'::regclass",
        )
        .await;
    let in_schema: BTreeSet<_> = rows.into_iter().flatten().flatten().collect();
    let listed: BTreeSet<_> = Constraint::ALL
        .iter()
        .map(|constraint| constraint.name().to_owned())
        .collect();
    assert_eq!(in_schema, listed);
}
