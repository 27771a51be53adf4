//! Adapters on a database of their own, and records to put into it.

use std::time::Duration;

use hexpress_app::Ports;
use hexpress_domain::auth::SessionRecord;
use hexpress_domain::entity::Liveness;
use hexpress_domain::order::{Order, OrderRecord, Placement};
use hexpress_domain::post::{PostId, PostRecord, PostView};
use hexpress_domain::product::Product;
use hexpress_domain::user::User;
use hexpress_infra::database::{self, Database, DatabaseOptions, SslMode, Synchronous};
use hexpress_infra::{AdapterOptions, Adapters, plain_adapters};
use hexpress_test_support::{Kind, TestDatabase};
use hexpress_testkit::samples::{post_deletion, product_record, session, someone};

/// The adapters of one test.
pub struct Stores {
    pub ports: Ports,
    pub database: Database,
    pub raw: TestDatabase,
}

pub async fn stores(kind: Kind) -> Stores {
    stores_that_wait(kind, Duration::from_secs(20)).await
}

/// Adapters that wait for a lock no longer than this.
pub async fn stores_that_wait(kind: Kind, lock_timeout: Duration) -> Stores {
    let raw = TestDatabase::migrated(kind).await;
    let patience = Duration::from_secs(20);
    let options = DatabaseOptions {
        url: raw.url().parse().unwrap(),
        pool_max: 8,
        pool_min: 0,
        acquire_timeout: patience,
        idle_timeout: patience,
        statement_timeout: patience,
        search_connections: 2,
        search_timeout: patience,
        lock_timeout,
        idle_in_transaction_timeout: patience,
        migrate_lock_timeout: patience,
        ssl_mode_default: SslMode::Prefer,
        sqlite_synchronous: Synchronous::Off,
    };
    let database = database::open(options).await.unwrap();
    let Adapters { ports, .. } = plain_adapters(&database, &AdapterOptions::default()).unwrap();
    Stores {
        ports,
        database,
        raw,
    }
}

impl Stores {
    /// A user with an address of their own.
    pub async fn user(&self) -> User {
        self.ports.users.insert(someone()).await.unwrap()
    }

    /// Opens a session and returns what was stored.
    pub async fn session_of(&self, user: &User) -> SessionRecord {
        let session = session(user.id);
        self.ports
            .tokens
            .open_session(session.clone())
            .await
            .unwrap();
        session
    }

    pub async fn post(&self, record: PostRecord) -> PostView {
        self.ports.posts.insert(record).await.unwrap()
    }

    /// Deletes a post.
    pub async fn delete_post(&self, id: PostId) {
        self.ports.posts.change(id, post_deletion()).await.unwrap();
    }

    /// The post, deleted or not.
    pub async fn found(&self, id: PostId) -> Option<PostView> {
        self.ports.posts.find(id, Liveness::Any).await.unwrap()
    }

    pub async fn product(&self, price: i64, stock: u64) -> Product {
        let record = product_record("Engine", price, stock);
        self.ports.products.insert(record).await.unwrap()
    }

    /// Places an order that cannot fail.
    pub async fn order(&self, record: OrderRecord) -> Order {
        match self.ports.orders.place(record).await.unwrap() {
            Placement::Placed(order) => order,
            other => panic!("{other:?}"),
        }
    }

    /// What one column of one row says.
    pub async fn value(&self, sql: &str) -> String {
        let rows = self.raw.query_text(sql).await;
        rows[0][0].clone().unwrap_or_default()
    }

    /// All that orders write, to see that nothing of it has changed.
    pub async fn shop(&self) -> Vec<Vec<Vec<Option<String>>>> {
        let mut tables = Vec::new();
        for sql in [
            "SELECT id, stock, version FROM products ORDER BY id",
            "SELECT id, status, version FROM orders ORDER BY id",
            "SELECT order_id, product_id, quantity FROM order_items ORDER BY order_id, position",
            "SELECT product_id, delta, cause, order_id FROM stock_movements ORDER BY id",
            "SELECT user_id, key, order_id FROM idempotency_keys ORDER BY user_id, key",
        ] {
            tables.push(self.raw.query_text(sql).await);
        }
        tables
    }

    /// Checks that the ledger explains every stock, and the orders the ledger.
    pub async fn assert_books_balance(&self) {
        for (what, sql) in [
            (
                "stock that the ledger does not explain",
                "SELECT products.id, stock, coalesce(sum(delta), 0) FROM products
                 LEFT JOIN stock_movements ON product_id = products.id
                 GROUP BY products.id, stock HAVING stock <> coalesce(sum(delta), 0)",
            ),
            (
                "lines that have not taken what they hold",
                "SELECT order_items.order_id FROM order_items
                 LEFT JOIN stock_movements ON cause = 'ordered'
                     AND stock_movements.order_id = order_items.order_id
                     AND stock_movements.product_id = order_items.product_id
                 WHERE delta IS NULL OR delta <> -quantity",
            ),
            (
                "orders whose pieces went back, or did not, against their status",
                "SELECT orders.id FROM orders
                 JOIN order_items ON order_items.order_id = orders.id
                 LEFT JOIN stock_movements ON cause = 'cancelled'
                     AND stock_movements.order_id = order_items.order_id
                     AND stock_movements.product_id = order_items.product_id
                 WHERE (status = 'cancelled') <> (delta IS NOT NULL) OR delta <> quantity",
            ),
            (
                "movements of orders that there are not",
                "SELECT stock_movements.id FROM stock_movements
                 LEFT JOIN order_items ON order_items.order_id = stock_movements.order_id
                     AND order_items.product_id = stock_movements.product_id
                 WHERE cause IN ('ordered', 'cancelled') AND order_items.order_id IS NULL",
            ),
            (
                "totals that are not the sum of their lines",
                "SELECT orders.id FROM orders
                 LEFT JOIN order_items ON order_items.order_id = orders.id
                 GROUP BY orders.id, total_cents
                 HAVING total_cents <> coalesce(sum(quantity * unit_price_cents), -1)",
            ),
        ] {
            let rows = self.raw.query_text(sql).await;
            assert!(rows.is_empty(), "{what}: {rows:?}");
        }
    }
}
