//! Going down by steps and up again loses nothing that can be made of what is left.

use hexpress_test_support::{Kind, TestDatabase};
use rstest::rstest;

use crate::testing::{id, open, two_of_each};

/// What is made of other tables, as people are told of it, and the migrations that made those.
/// How often a post was read, and why its stock was adjusted, is nowhere else.
const DERIVED: &[(&str, &[&str])] = &[
    (
        "SELECT posts.id, post_views.author_id, post_views.status, post_views.is_live
         FROM posts LEFT JOIN post_views ON post_views.post_id = posts.id ORDER BY posts.id",
        &["create_posts"],
    ),
    (
        "SELECT post_id, content FROM post_texts ORDER BY post_id",
        &["create_posts"],
    ),
    (
        "SELECT status, is_live, CAST(sum(count) AS bigint) FROM post_counts
         GROUP BY status, is_live HAVING sum(count) <> 0 ORDER BY status, is_live",
        &["create_posts"],
    ),
    (
        "SELECT id, stock, (SELECT CAST(sum(delta) AS bigint) FROM stock_movements
             WHERE product_id = products.id)
         FROM products ORDER BY id",
        &["create_products"],
    ),
    (
        "SELECT order_id, product_id, cause, delta, created_at FROM stock_movements
         WHERE order_id IS NOT NULL ORDER BY order_id, product_id, cause",
        &["create_products", "create_orders"],
    ),
];

type Rows = Vec<Vec<Option<String>>>;

async fn derived(raw: &TestDatabase) -> Vec<Rows> {
    let mut all = Vec::new();
    for (sql, _) in DERIVED {
        all.push(raw.query_text(sql).await);
    }
    all
}

/// A cancelled order beside the open one, a deleted post beside the draft.
fn rows(kind: Kind) -> String {
    let (user, product, order) = (id(kind, 1), id(kind, 5), id(kind, 8));
    let (ordered, cancelled) = match kind {
        Kind::Sqlite => ("0", "7000000"),
        Kind::Postgres => ("'1970-01-01Z'", "'1970-01-01T00:00:07Z'"),
    };
    two_of_each(kind)
        + &format!(
            "UPDATE posts SET status = 'published', published_at = created_at,
                 deleted_at = created_at, author_id = {user} WHERE slug = 'post-2';
             UPDATE orders SET status = 'cancelled', updated_at = {cancelled} WHERE id = {order};
             INSERT INTO order_items (order_id, position, product_id, name, quantity,
                 unit_price_cents)
             VALUES ({order}, 0, {product}, 'A', 3, 1);
             INSERT INTO stock_movements (product_id, delta, cause, order_id, created_at)
             VALUES ({product}, -3, 'ordered', {order}, {ordered}),
                 ({product}, 3, 'cancelled', {order}, {cancelled});"
        )
}

#[rstest]
#[tokio::test]
async fn what_is_derived_comes_back(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let raw = TestDatabase::migrated(kind).await;
    raw.execute(&rows(kind)).await;
    let migrator = open(&raw).await.migrator();
    let mut before = derived(&raw).await;
    assert!(before.iter().all(|rows| rows.len() >= 2), "{before:?}");
    for steps in 1.. {
        let mut undone = Vec::new();
        for _ in 0..steps {
            undone.extend(migrator.down(false).await.unwrap());
        }
        let done = migrator.up().await.unwrap();
        assert_eq!(done.len(), undone.len());
        for (rows, (_, bases)) in before.iter_mut().zip(DERIVED) {
            let is_base = |name: &String| bases.iter().any(|base| name.ends_with(base));
            if undone.iter().any(is_base) {
                rows.clear();
            }
        }
        assert_eq!(derived(&raw).await, before, "{undone:?}");
        if undone.len() < steps {
            assert!(before.iter().all(Vec::is_empty));
            return;
        }
    }
}
