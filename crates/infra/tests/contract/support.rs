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
use hexpress_domain::id::{PostId, TokenId, UserId};
use hexpress_domain::post::{
    MadeSlug, Metadata, NewSlug, PostChange, PostRecord, PostRepository, PostStatus, PostView,
    Slug, ViewBatch, ViewRepository,
};
use hexpress_domain::user::{
    PasswordHash, PersonName, Role, User, UserChange, UserRecord, UserRepository,
};
use hexpress_infra::auth::DieselTokenRepository;
use hexpress_infra::database::{Database, DatabaseOptions, SslMode, Synchronous};
use hexpress_infra::post::{DieselPostRepository, DieselViewRepository};
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
        revocation: Revocation::None,
        at: later(),
    }
}

pub fn demotion(admin: &User) -> UserChange {
    UserChange {
        role: Role::User,
        removes_admin: true,
        ..change(admin)
    }
}

pub fn deactivation(user: &User) -> UserChange {
    UserChange {
        is_active: false,
        removes_admin: user.is_active_admin(),
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
