use diesel::result::Error;
use diesel_async::SimpleAsyncConnection;
use hexpress_database::{Work, on_backend, violated_constraint};
use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;

use super::{Constraint, TABLES, find};
use crate::schema::Table;
use crate::schema::constraint::Reference;
use crate::testing::{id, open, two_of_each};

/// A statement that breaks this constraint of this table and no other, in words that both
/// databases know. Keys, foreign keys and versions are alike everywhere.
fn breach(kind: Kind, table: &Table, constraint: &Constraint) -> String {
    let (name, last_key) = (table.name, table.key.last().unwrap());
    let same = |column: &str| {
        format!(
            "UPDATE {name} SET {column} = (SELECT {column} FROM {name} ORDER BY {column} LIMIT 1)"
        )
    };
    match constraint.name {
        "users_pkey" => "INSERT INTO users (id, email, password_hash, first_name, \
                 last_name, role, is_active, search_text, version, created_at, updated_at) \
             SELECT id, '3@x', 'h', 'A', '', 'user', TRUE, '', 1, created_at, created_at \
             FROM users WHERE email = '1@x'"
            .to_owned(),
        "users_email_check" => "UPDATE users SET email = 'A' || email".to_owned(),
        "users_password_hash_check" => "UPDATE users SET password_hash = ''".to_owned(),
        "users_first_name_check" => "UPDATE users SET first_name = ''".to_owned(),
        "users_last_name_check" => {
            format!("UPDATE users SET last_name = '{}'", "ж".repeat(101))
        }
        "users_role_check" => "UPDATE users SET role = 'root'".to_owned(),
        "users_forgotten_at_check" => "UPDATE users SET forgotten_at = created_at".to_owned(),
        "tokens_kind_check" => "UPDATE tokens SET kind = 'other'".to_owned(),
        "tokens_name_check" => "UPDATE tokens SET kind = 'api', name = ''".to_owned(),
        "tokens_digest_check" => "UPDATE tokens SET digest = substr(digest, 2, 31)".to_owned(),
        "tokens_kind_name_check" => "UPDATE tokens SET name = 'laptop'".to_owned(),
        "tokens_kind_expires_at_check" => "UPDATE tokens SET expires_at = NULL".to_owned(),
        "login_counters_key_check" => {
            "UPDATE login_counters SET key = substr(key, 2, 31)".to_owned()
        }
        "login_counters_count_check" => "UPDATE login_counters SET count = -1".to_owned(),
        "login_counters_in_flight_check" => "UPDATE login_counters SET in_flight = -1".to_owned(),
        "posts_pkey" => "INSERT INTO posts (id, author_id, title, slug, slug_named, \
                 status, metadata, version, created_at, updated_at, deleted_with_author) \
             SELECT id, author_id, title, 'post-3', slug_named, status, metadata, version, \
                 created_at, updated_at, deleted_with_author \
             FROM posts WHERE slug = 'post-1'"
            .to_owned(),
        "posts_title_check" => "UPDATE posts SET title = 'жж'".to_owned(),
        "posts_slug_check" => "UPDATE posts SET slug = slug || '-'".to_owned(),
        "post_texts_content_check" => "UPDATE post_texts SET content = ''".to_owned(),
        "posts_excerpt_check" => {
            format!("UPDATE posts SET excerpt = '{}'", "ж".repeat(501))
        }
        "posts_status_check" => {
            "UPDATE posts SET status = 'lost', published_at = created_at".to_owned()
        }
        "posts_metadata_check" => "UPDATE posts SET metadata = '[]'".to_owned(),
        "posts_status_published_at_check" => "UPDATE posts SET status = 'archived'".to_owned(),
        "posts_deleted_with_author_check" => {
            "UPDATE posts SET deleted_with_author = TRUE".to_owned()
        }
        "kept_slugs_slug_check" => "UPDATE kept_slugs SET slug = 'A' || slug".to_owned(),
        "post_views_count_check" => "UPDATE post_views SET count = -1".to_owned(),
        "products_name_check" => "UPDATE products SET name = ''".to_owned(),
        "products_description_check" => {
            format!("UPDATE products SET description = '{}'", "ж".repeat(5001))
        }
        "products_price_cents_check" => "UPDATE products SET price_cents = -1".to_owned(),
        "products_currency_check" => "UPDATE products SET currency = 'eur'".to_owned(),
        "products_stock_check" => "UPDATE products SET stock = -1".to_owned(),
        "orders_status_check" => "UPDATE orders SET status = 'lost'".to_owned(),
        "orders_total_cents_check" => "UPDATE orders SET total_cents = 9007199254740992".to_owned(),
        "orders_currency_check" => "UPDATE orders SET currency = 'eur'".to_owned(),
        "order_items_position_check" => {
            "UPDATE order_items SET position = 100 WHERE position = 1".to_owned()
        }
        "order_items_name_check" => "UPDATE order_items SET name = ''".to_owned(),
        "order_items_quantity_check" => "UPDATE order_items SET quantity = 0".to_owned(),
        "order_items_unit_price_cents_check" => {
            "UPDATE order_items SET unit_price_cents = -1".to_owned()
        }
        "stock_movements_cause_check" => {
            "UPDATE stock_movements SET cause = 'lost' WHERE cause = 'created'".to_owned()
        }
        "stock_movements_order_id_fkey" => {
            "UPDATE stock_movements SET order_id = product_id WHERE order_id IS NOT NULL".to_owned()
        }
        "stock_movements_order_check" => {
            "UPDATE stock_movements SET order_id = NULL WHERE cause = 'ordered'".to_owned()
        }
        "stock_movements_delta_check" => {
            "UPDATE stock_movements SET delta = -delta WHERE cause = 'ordered'".to_owned()
        }
        "stock_movements_order_key" => same("product_id"),
        "idempotency_keys_key_check" => {
            "UPDATE idempotency_keys SET key = '' WHERE key = '1'".to_owned()
        }
        "idempotency_keys_fingerprint_check" => {
            "UPDATE idempotency_keys SET fingerprint = substr(fingerprint, 2, 31)".to_owned()
        }
        "idempotency_keys_order_id_fkey" => {
            "SET CONSTRAINTS idempotency_keys_order_id_fkey IMMEDIATE; \
             UPDATE idempotency_keys SET order_id = user_id"
                .to_owned()
        }
        "unfinished_copies_pkey" => {
            "INSERT INTO unfinished_copies (is_there) VALUES (TRUE)".to_owned()
        }
        "unfinished_copies_is_there_check" => {
            "UPDATE unfinished_copies SET is_there = FALSE".to_owned()
        }
        version if version.ends_with("_version_check") => {
            format!("UPDATE {name} SET version = 0")
        }
        other => match (constraint.reference, constraint.columns) {
            (Some(Reference { column, .. }), _) => {
                let nobody = id(kind, 99);
                format!(
                    "UPDATE {name} SET {column} = {nobody} \
                     WHERE {last_key} = \
                         (SELECT {last_key} FROM {name} ORDER BY {last_key} DESC LIMIT 1)"
                )
            }
            (None, Some(columns)) => same(columns.rsplit('.').next().unwrap()),
            (None, None) => panic!("nothing breaks {other}"),
        },
    }
}

#[rstest]
#[tokio::test]
async fn a_broken_constraint_is_known(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let raw = TestDatabase::migrated(kind).await;
    raw.execute(&two_of_each(kind)).await;
    let database = open(&raw).await;
    let work: Work<String, Option<Error>> = |connection, sql| {
        Box::pin(async move {
            Ok(on_backend!(connection, |c| c
                .batch_execute(sql)
                .await
                .err()))
        })
    };
    let constraints = TABLES.iter().flat_map(|table| {
        let constraints = table.constraints.iter();
        constraints.map(move |constraint| (constraint, breach(kind, table, constraint)))
    });
    for (constraint, breach) in constraints {
        // SQLite looks at it when the transaction ends, and cannot be told to do so before.
        if kind == Kind::Sqlite && constraint.name == "idempotency_keys_order_id_fkey" {
            continue;
        }
        let broken = database
            .write_if(Option::is_none, breach.clone(), work)
            .await
            .unwrap();
        let Some(broken) = broken else {
            panic!("{constraint:?} lets {breach} pass");
        };
        // SQLite gives foreign keys no name.
        let is_named = kind == Kind::Postgres || !constraint.name.ends_with("_fkey");
        assert_eq!(
            violated_constraint(&broken).and_then(find),
            is_named.then_some(constraint),
            "{broken}"
        );
    }
}
