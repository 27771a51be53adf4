//! Reads from memory: decorators over the ports, which keep for a moment what was
//! read, and forget it when this process writes.
//!
//! One rule holds for all: what was read is shown for at most so long, counted from
//! the beginning of its read; then one reader refreshes it, and the others wait for
//! that one. So a write of another process, of another instance or by hand is seen in
//! time with no messages about it. A write of this process is seen at once.
//!
//! Open `reads` first: the others say what is kept, by which key, and which writes
//! make it old.

mod callers;
mod invalidations;
mod orders;
mod posts;
mod products;
mod reads;
mod status;
mod users;

use std::sync::Arc;
use std::time::Duration;

use hexpress_domain::auth::TokenRepository;
use hexpress_domain::order::OrderRepository;
use hexpress_domain::post::{PostReader, PostRepository};
use hexpress_domain::product::{ProductReader, ProductRepository};
use hexpress_domain::user::UserRepository;

pub use callers::{CALLER_MAX_AGE, CALLER_WAIT};

use callers::CachingTokenRepository;
use invalidations::Invalidations;
use orders::InvalidatingOrderRepository;
use posts::{CachingPostReader, InvalidatingPostRepository};
use products::{CachingProductReader, InvalidatingProductRepository};
use reads::Reads;
pub use status::CacheStatus;
use users::InvalidatingUserRepository;

/// How much is kept, and how long it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheOptions {
    /// How many bytes are kept, about, all together; 0 keeps nothing.
    pub max_bytes: u64,
    /// How long what was read is shown, from the beginning of its read; zero keeps
    /// nothing.
    pub max_age: Duration,
}

/// 16 MiB, shown for half a second.
impl Default for CacheOptions {
    fn default() -> Self {
        Self {
            max_bytes: 16 * 1024 * 1024,
            max_age: Duration::from_millis(500),
        }
    }
}

/// The memory that the decorators share. Clones are the same one.
#[derive(Clone)]
pub struct Cache {
    invalidations: Arc<Invalidations>,
    posts: Arc<Reads<posts::KeptPost>>,
    post_pages: Arc<Reads<posts::KeptPage>>,
    products: Arc<Reads<products::KeptProduct>>,
    product_pages: Arc<Reads<products::KeptPage>>,
    callers: Arc<Reads<callers::KeptCaller>>,
}

impl Cache {
    /// Nothing is kept yet.
    #[must_use]
    pub fn new(options: CacheOptions) -> Self {
        let invalidations = Arc::new(Invalidations::default());
        let CacheOptions { max_bytes, max_age } = options;
        // Eighths of the memory: most reads are of posts.
        let share = |eighths: u64| max_bytes / 8 * eighths;
        let caller_max_age = max_age.min(CALLER_MAX_AGE);
        Self {
            posts: Reads::new("posts", share(3), max_age, &invalidations),
            post_pages: Reads::new("post_pages", share(2), max_age, &invalidations),
            products: Reads::new("products", share(1), max_age, &invalidations),
            product_pages: Reads::new("product_pages", share(1), max_age, &invalidations),
            callers: Reads::new("callers", share(1), caller_max_age, &invalidations),
            invalidations,
        }
    }

    /// A repository of posts that tells of its writes, and a reader that shows what is
    /// kept: published posts, and pages of nothing else that are not ordered by views.
    pub fn posts(
        &self,
        posts: Arc<dyn PostRepository>,
    ) -> (Arc<dyn PostRepository>, Arc<dyn PostReader>) {
        let reader = CachingPostReader {
            posts: Arc::clone(&posts),
            kept: Arc::clone(&self.posts),
            pages: Arc::clone(&self.post_pages),
        };
        let invalidations = Arc::clone(&self.invalidations);
        let repository = InvalidatingPostRepository {
            posts,
            invalidations,
        };
        (Arc::new(repository), Arc::new(reader))
    }

    /// A repository of products that tells of its writes, and a reader that shows what
    /// is kept.
    pub fn products(
        &self,
        products: Arc<dyn ProductRepository>,
    ) -> (Arc<dyn ProductRepository>, Arc<dyn ProductReader>) {
        let reader = CachingProductReader {
            products: Arc::clone(&products),
            kept: Arc::clone(&self.products),
            pages: Arc::clone(&self.product_pages),
        };
        let invalidations = Arc::clone(&self.invalidations);
        let repository = InvalidatingProductRepository {
            products,
            invalidations,
        };
        (Arc::new(repository), Arc::new(reader))
    }

    /// A repository of orders that tells which products' stock it moves.
    pub fn orders(&self, orders: Arc<dyn OrderRepository>) -> Arc<dyn OrderRepository> {
        Arc::new(InvalidatingOrderRepository {
            orders,
            invalidations: Arc::clone(&self.invalidations),
        })
    }

    /// A repository of users that tells of its writes, and returns from those that take
    /// rights away when nobody goes by the old ones any more.
    pub fn users(&self, users: Arc<dyn UserRepository>) -> Arc<dyn UserRepository> {
        Arc::new(InvalidatingUserRepository {
            users,
            invalidations: Arc::clone(&self.invalidations),
        })
    }

    /// A repository of tokens that keeps who a token vouches for, for [`CALLER_MAX_AGE`]
    /// at most, and returns from a revocation when nobody goes by it any more.
    pub fn tokens(&self, tokens: Arc<dyn TokenRepository>) -> Arc<dyn TokenRepository> {
        Arc::new(CachingTokenRepository::new(
            tokens,
            Arc::clone(&self.callers),
            Arc::clone(&self.invalidations),
        ))
    }

    /// What is kept, kind by kind.
    #[must_use]
    pub fn status(&self) -> [CacheStatus; 5] {
        [
            self.posts.status(),
            self.post_pages.status(),
            self.products.status(),
            self.product_pages.status(),
            self.callers.status(),
        ]
    }
}
