//! Adapters on a database of their own, and records to put into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::auth::{
    ApiTokenRecord, Authenticated, Revocation, SessionRecord, TokenDigest, TokenRepository,
};
use hexpress_domain::clock::IdGenerator;
use hexpress_domain::id::{TokenId, UserId};
use hexpress_domain::user::{
    PasswordHash, PersonName, Role, User, UserChange, UserRecord, UserRepository,
};
use hexpress_infra::auth::DieselTokenRepository;
use hexpress_infra::database::{Database, DatabaseOptions, SslMode, Synchronous};
use hexpress_infra::security::UuidV7Generator;
use hexpress_infra::user::DieselUserRepository;
use hexpress_test_support::{Kind, TestDatabase};
use uuid::Uuid;

/// The adapters of one test.
pub struct Stores {
    pub users: Arc<DieselUserRepository>,
    pub tokens: Arc<DieselTokenRepository>,
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
