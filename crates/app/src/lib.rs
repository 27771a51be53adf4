//! The use cases of Hexpress: what an actor may ask for, and what then happens.
//!
//! What belongs here: one service for each aggregate, which decides over the
//! ports of `hexpress-domain`, and the one table of permissions. What does not:
//! SQL, HTTP, formats, and rules that one entity can decide alone (they are its
//! methods, in the domain).
//!
//! Open [`permissions`] first, then [`user::UserService`]. [`Services`] has all use cases,
//! on one [`Ports`].
//!
//! A program puts its adapters into the use cases that it wants, and needs no others:
//!
//! ```
//! # use std::error::Error;
//! use std::sync::Arc;
//!
//! use hexpress_app::post::{PostPorts, PostService};
//! use hexpress_domain::auth::Actor;
//! use hexpress_domain::post::PostQuery;
//!
//! /// How many posts everybody may read.
//! async fn published(posts: &PostService) -> Result<usize, hexpress_app::Error> {
//!     let page = posts.list(&Actor::Anonymous, PostQuery::default()).await?;
//!     Ok(page.page().items.len())
//! }
//!
//! // In service, these are adapters; in a test, mocks (the feature `mocks` of hexpress-domain).
//! use hexpress_domain::clock::{MockClock, MockIdGenerator};
//! use hexpress_domain::list::Page;
//! use hexpress_domain::post::{MockPostRepository, MockViewCounter, MockViewRepository, PostScope};
//!
//! let mut posts = MockPostRepository::new();
//! posts.expect_list().times(1).returning(|scope, _| {
//!     assert_eq!(scope, PostScope::Published);
//!     Ok(Page { items: Vec::new(), total: None, next: None })
//! });
//! let posts = Arc::new(posts);
//! let posts = PostService::new(PostPorts {
//!     posts: posts.clone(),
//!     reader: posts,
//!     views: Arc::new(MockViewCounter::new()),
//!     view_batches: Arc::new(MockViewRepository::new()),
//!     clock: Arc::new(MockClock::new()),
//!     ids: Arc::new(MockIdGenerator::new()),
//! });
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! assert_eq!(published(&posts).await?, 0);
//! # Ok::<(), Box<dyn Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn Error>>(())
//! ```

#![deny(missing_docs)]

pub mod auth;
mod composition;
mod decision;
mod error;
mod freshness;
pub mod health;
pub mod order;
pub mod permissions;
pub mod post;
mod preconditions;
pub mod product;
pub mod user;

#[cfg(feature = "mocks")]
pub use composition::MockPorts;
pub use composition::{Policy, Ports, Services};
pub use error::{Error, InvalidState, Resource, StockShortage};
pub use freshness::Freshness;
pub use preconditions::{NamedVersions, Preconditions};
