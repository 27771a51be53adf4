//! Adapters on a database of their own, and records to put into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::auth::{
    ApiTokenRecord, Authenticated, Revocation, SessionRecord, TokenDigest, TokenRepository,
};
use hexpress_domain::clock::IdGenerator;
use hexpress_domain::entity::Liveness;
use hexpress_domain::id::{PostId, ProductId, TokenId, UserId};
use hexpress_domain::order::{
    Idempotency, NewOrder, Order, OrderRecord, OrderRepository, Placement, RawNewOrder,
    RawNewOrderItem,
};
use hexpress_domain::post::{
    MadeSlug, Metadata, NewSlug, PostChange, PostRecord, PostRepository, PostStatus, PostView,
    Slug, ViewBatch, ViewRepository,
};
use hexpress_domain::product::{
    NewProduct, Product, ProductChange, ProductRecord, ProductRepository, Stock,
};
use hexpress_domain::user::{
    PasswordHash, PersonName, Role, User, UserChange, UserRecord, UserRepository,
};
use hexpress_domain::validation::Field;
use hexpress_infra::auth::DieselTokenRepository;
use hexpress_infra::database::{Database, DatabaseOptions, SslMode, Synchronous};
use hexpress_infra::order::DieselOrderRepository;
use hexpress_infra::post::{DieselPostRepository, DieselViewRepository};
use hexpress_infra::product::DieselProductRepository;
use hexpress_infra::security::UuidV7Generator;
use hexpress_infra::user::DieselUserRepository;
use hexpress_test_support::{Kind, TestDatabase};
use uuid::Uuid;

/// The adapters of one test.
pub struct Stores {
    pub users: Arc<DieselUserRepository>,
    pub tokens: Arc<DieselTokenRepository>,
    pub posts: Arc<DieselPostRepository>,
    pub views: Arc<DieselViewRepository>,
    pub products: Arc<DieselProductRepository>,
    pub orders: Arc<DieselOrderRepository>,
    pub database: Database,
    pub raw: TestDatabase,
    made: AtomicU32,
}

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 123_000_000).unwrap()
}

pub fn later() -> DateTime<Utc> {
    now() + TimeDelta::seconds(90)
}

pub fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(format!("$argon2id${text}"))
}

pub fn name(first: &str, last: &str) -> PersonName {
    PersonName {
        first: first.parse().unwrap(),
        last: last.parse().unwrap(),
    }
}

pub fn record(email: &str) -> UserRecord {
    UserRecord {
        id: UuidV7Generator.user_id(),
        email: email.parse().unwrap(),
        password_hash: hash("first"),
        name: name("Ada", "Lovelace"),
        role: Role::User,
        at: now(),
    }
}

/// A change that leaves everything as it is, for tests to fill in.
pub fn change(user: &User) -> UserChange {
    UserChange {
        id: user.id,
        seen: user.version,
        email: user.email.clone(),
        name: user.name.clone(),
        role: user.role,
        is_active: user.is_active,
        password_hash: None,
        removes_admin: false,
        changes_rights: false,
        revocation: Revocation::None,
        at: later(),
    }
}

pub fn demotion(admin: &User) -> UserChange {
    UserChange {
        role: Role::User,
        removes_admin: true,
        changes_rights: true,
        ..change(admin)
    }
}

pub fn deactivation(user: &User) -> UserChange {
    UserChange {
        is_active: false,
        removes_admin: user.is_active_admin(),
        changes_rights: true,
        revocation: Revocation::All,
        ..change(user)
    }
}

pub fn new_password(user: &User, revocation: Revocation) -> UserChange {
    UserChange {
        password_hash: Some(hash("second")),
        revocation,
        ..change(user)
    }
}

/// A session of a user whose password was verified against the first hash.
pub fn session(user_id: UserId) -> SessionRecord {
    let id = UuidV7Generator.token_id();
    SessionRecord {
        id,
        user_id,
        digest: digest(id),
        verified_hash: hash("first"),
        upgraded_hash: None,
        expires_at: now() + TimeDelta::days(14),
        at: now(),
    }
}

pub fn api_token(user_id: UserId, session_id: TokenId) -> ApiTokenRecord {
    let id = UuidV7Generator.token_id();
    ApiTokenRecord {
        id,
        user_id,
        session_id,
        digest: digest(id),
        name: "deploy".parse().unwrap(),
        expires_at: None,
        at: now(),
        limit: 50,
    }
}

pub fn product_record(name: &str, price: i64, stock: u64) -> ProductRecord {
    ProductRecord {
        id: UuidV7Generator.product_id(),
        product: NewProduct {
            name: name.parse().unwrap(),
            description: "".parse().unwrap(),
            price: price.try_into().unwrap(),
            currency: "EUR".parse().unwrap(),
            stock: Stock::new(stock),
            is_active: true,
        },
        at: now(),
    }
}

/// A change that leaves everything as it is, for tests to fill in.
pub fn product_change(product: &Product) -> ProductChange {
    ProductChange {
        id: product.id,
        seen: product.version,
        name: product.name.clone(),
        description: product.description.clone(),
        price: product.price,
        currency: product.currency,
        stock: None,
        is_active: product.is_active,
        at: later(),
    }
}

/// An order of these products and quantities, without a key.
pub fn order_record(user_id: UserId, items: &[(ProductId, i64)]) -> OrderRecord {
    let item = |&(product_id, quantity): &(ProductId, i64)| {
        Field::Value(RawNewOrderItem {
            product_id: Field::Value(product_id.to_string()),
            quantity: Field::Value(quantity),
        })
    };
    let raw = RawNewOrder {
        items: Field::Value(items.iter().map(item).collect()),
    };
    OrderRecord {
        id: UuidV7Generator.order_id(),
        user_id,
        order: NewOrder::parse(raw).unwrap(),
        idempotency: None,
        at: now(),
    }
}

/// The order with a key that is known for a day.
pub fn with_key(record: OrderRecord, key: &str) -> OrderRecord {
    OrderRecord {
        idempotency: Some(Idempotency {
            key: key.parse().unwrap(),
            expires_at: record.at + TimeDelta::days(1),
        }),
        ..record
    }
}

/// A digest that no other token has.
pub fn digest(id: TokenId) -> TokenDigest {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(id.as_uuid().as_bytes());
    TokenDigest::new(bytes)
}

pub fn unknown_user() -> UserId {
    UserId::new(Uuid::from_u128(404))
}

pub fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

/// A draft with a made slug.
pub fn draft(author: &User, title: &str) -> PostRecord {
    let title = title.parse().unwrap();
    PostRecord {
        id: UuidV7Generator.post_id(),
        author_id: author.id,
        slug: NewSlug::Made(MadeSlug::of_title(&title)),
        title,
        content: "Once upon a time".parse().unwrap(),
        excerpt: None,
        status: PostStatus::Draft,
        published_at: None,
        metadata: Metadata::default(),
        at: now(),
    }
}

pub fn published(author: &User, title: &str) -> PostRecord {
    PostRecord {
        status: PostStatus::Published,
        published_at: Some(now()),
        ..draft(author, title)
    }
}

/// A change that leaves everything as it is, for tests to fill in.
pub fn post_change(view: &PostView) -> PostChange {
    let post = &view.post;
    PostChange {
        id: post.id,
        seen: post.version,
        title: post.title.clone(),
        slug: None,
        is_slug_named: post.is_slug_named,
        keeps_former_slug: post.published_at.is_some(),
        content: view.content.clone().unwrap(),
        excerpt: post.excerpt.clone(),
        status: post.status,
        published_at: post.published_at,
        metadata: post.metadata.clone(),
        at: later(),
    }
}

/// A change of the slug to one that a client chose.
pub fn renaming(view: &PostView, name: &str) -> PostChange {
    PostChange {
        slug: Some(NewSlug::Named(slug(name))),
        is_slug_named: true,
        ..post_change(view)
    }
}

pub fn batch(views: &[(PostId, u64)]) -> ViewBatch {
    ViewBatch {
        id: UuidV7Generator.view_batch_id(),
        views: views.to_vec(),
        at: now(),
    }
}

pub async fn stores(kind: Kind) -> Stores {
    let raw = TestDatabase::migrated(kind).await;
    let patience = Duration::from_secs(20);
    let options = DatabaseOptions {
        url: raw.url().parse().unwrap(),
        pool_max: 8,
        pool_min: 0,
        acquire_timeout: patience,
        idle_timeout: patience,
        statement_timeout: patience,
        lock_timeout: patience,
        idle_in_transaction_timeout: patience,
        migrate_lock_timeout: patience,
        ssl_mode_default: SslMode::Prefer,
        sqlite_synchronous: Synchronous::Off,
    };
    let database = Database::open(options).await.unwrap();
    Stores {
        users: Arc::new(DieselUserRepository::new(database.clone())),
        tokens: Arc::new(DieselTokenRepository::new(database.clone())),
        posts: Arc::new(DieselPostRepository::new(database.clone())),
        views: Arc::new(DieselViewRepository::new(database.clone())),
        products: Arc::new(DieselProductRepository::new(database.clone())),
        orders: Arc::new(DieselOrderRepository::new(database.clone())),
        database,
        raw,
        made: AtomicU32::new(0),
    }
}

impl Stores {
    /// A user with an address of their own.
    pub async fn user(&self) -> User {
        self.user_of(Role::User).await
    }

    pub async fn admin(&self) -> User {
        self.user_of(Role::Admin).await
    }

    async fn user_of(&self, role: Role) -> User {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let record = UserRecord {
            role,
            ..record(&format!("user{number}@example.org"))
        };
        self.users.insert(record).await.unwrap()
    }

    /// Opens a session and returns what was stored.
    pub async fn session_of(&self, user: &User) -> SessionRecord {
        let session = session(user.id);
        self.tokens.open_session(session.clone()).await.unwrap();
        session
    }

    pub async fn post(&self, record: PostRecord) -> PostView {
        self.posts.insert(record).await.unwrap()
    }

    /// Deletes a post as it is now.
    pub async fn delete_post(&self, id: PostId) {
        let view = self.found(id).await.unwrap();
        let posts = &self.posts;
        posts.delete(id, view.post.version, later()).await.unwrap();
    }

    /// The post, deleted or not.
    pub async fn found(&self, id: PostId) -> Option<PostView> {
        self.posts.find(id, Liveness::Any).await.unwrap()
    }

    pub async fn leads_to(&self, text: &str) -> Option<PostId> {
        let found = self.posts.find_by_slug(slug(text)).await.unwrap();
        found.map(|view| view.post.id)
    }

    pub async fn view(&self, id: PostId, times: u64) {
        self.views.add(batch(&[(id, times)])).await.unwrap();
    }

    pub async fn product(&self, price: i64, stock: u64) -> Product {
        let record = product_record("Engine", price, stock);
        self.products.insert(record).await.unwrap()
    }

    pub async fn stock_of(&self, product: &Product) -> u64 {
        let found = self.products.find(product.id).await.unwrap();
        found.unwrap().stock.get()
    }

    /// Places an order that cannot fail.
    pub async fn order(&self, record: OrderRecord) -> Order {
        match self.orders.place(record).await.unwrap() {
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

    pub async fn authenticated(&self, digest: TokenDigest) -> Option<Authenticated> {
        self.tokens.authenticate(digest, now()).await.unwrap()
    }

    pub async fn is_let_in(&self, session: &SessionRecord) -> bool {
        self.authenticated(session.digest).await.is_some()
    }
}

/// Runs all futures at once and waits for all of them.
pub async fn race<T, F>(futures: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    let mut outcomes = Vec::with_capacity(tasks.len());
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}
