//! Adapters that keep everything in memory, and every promise: for quick tests and
//! examples. What they hold is gone with them, and they look through all of it for each
//! question. [`MemoryStore::ports`] has all that the use cases need.
//!
//! ```
//! use std::sync::Arc;
//!
//! use hexpress_domain::entity::Liveness;
//! use hexpress_domain::user::UserRepository;
//! use hexpress_testkit::memory::MemoryStore;
//! use hexpress_testkit::samples::user_record;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let users: Arc<dyn UserRepository> = Arc::new(MemoryStore::default());
//! let ada = users.insert(user_record("ada@example.org")).await?;
//! assert_eq!(users.find(ada.id, Liveness::Live).await?, Some(ada));
//! # Ok(())
//! # }
//! ```

mod list;
mod login_guard;
mod order;
mod ports;
mod post;
mod product;
mod slugs;
mod token;
mod user;
mod views;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use hexpress_domain::auth::{Token, TokenDigest, TokenId};
use hexpress_domain::entity::Liveness;
use hexpress_domain::order::OrderId;
use hexpress_domain::order::{IdempotencyKey, NewOrder, Order};
use hexpress_domain::post::{Content, Post, PostId, Slug, ViewBatchId};
use hexpress_domain::product::{Product, ProductId};
use hexpress_domain::user::{PasswordHash, User, UserId};

pub use login_guard::MemoryLoginGuard;

/// All that Hexpress stores, as one state: a [`UserRepository`], a [`TokenRepository`],
/// a [`PostRepository`], a [`ViewRepository`], a [`ViewCounter`], a [`ProductRepository`]
/// and an [`OrderRepository`]. Of a product's stock it keeps the present number alone,
/// and no ledger: no port reads one.
///
/// Each call holds the one lock of the state from its begin to its end, and looks for
/// every reason to refuse before it changes anything: that is all there is to its
/// transactions.
///
/// [`UserRepository`]: hexpress_domain::user::UserRepository
/// [`TokenRepository`]: hexpress_domain::auth::TokenRepository
/// [`PostRepository`]: hexpress_domain::post::PostRepository
/// [`ViewRepository`]: hexpress_domain::post::ViewRepository
/// [`ViewCounter`]: hexpress_domain::post::ViewCounter
/// [`ProductRepository`]: hexpress_domain::product::ProductRepository
/// [`OrderRepository`]: hexpress_domain::order::OrderRepository
#[derive(Default)]
pub struct MemoryStore(Mutex<State>);

#[derive(Default)]
struct State {
    users: BTreeMap<UserId, UserRow>,
    tokens: BTreeMap<TokenId, TokenRow>,
    posts: BTreeMap<PostId, PostRow>,
    /// Former slugs, and the posts that had them.
    slug_redirects: BTreeMap<Slug, PostId>,
    /// The batches of views that were added, and when they were made.
    batches: BTreeMap<ViewBatchId, DateTime<Utc>>,
    products: BTreeMap<ProductId, Product>,
    orders: BTreeMap<OrderId, Order>,
    /// What each user's idempotency keys were used for.
    keys: HashMap<(UserId, IdempotencyKey), KeyRow>,
}

#[derive(Clone)]
struct UserRow {
    user: User,
    hash: PasswordHash,
}

struct TokenRow {
    token: Token,
    digest: TokenDigest,
}

struct PostRow {
    post: Post,
    content: Content,
    views: u64,
    /// Whether it was deleted with its author, and is to come back with them.
    deleted_with_author: bool,
}

struct KeyRow {
    command: NewOrder,
    order_id: OrderId,
    expires_at: DateTime<Utc>,
}

impl MemoryStore {
    /// The state, to one caller at a time. A panic of another caller has not left it
    /// half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a row is among those that a read looks at.
fn is_among(liveness: Liveness, is_live: bool) -> bool {
    match liveness {
        Liveness::Live => is_live,
        Liveness::Deleted => !is_live,
        Liveness::Any => true,
    }
}
