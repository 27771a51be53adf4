//! A typed, asynchronous client for the HTTP API of Hexpress.
//!
//! What belongs here: what goes over the wire and comes back, and what a careful caller does
//! about failures. Values (emails, titles, prices, ids) and commands (a new post, a change to a
//! product) are those of [`domain`]: they are valid before anything is sent, and their faults are
//! found without a request.
//!
//! Open [`Client`] first, then [`post`]: a resource as the API shows it, and what can be done with
//! it.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use hexpress_client::domain::auth::Credentials;
//! use hexpress_client::domain::post::{Metadata, NewPost, PostPatch, PostStatus};
//! use hexpress_client::post::ListPosts;
//! use hexpress_client::{Client, ErrorCode};
//!
//! # async fn tour() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("https://blog.example.org")?;
//!
//! // Log in, and call as that user from here on.
//! let credentials = Credentials {
//!     email: "ada@example.org".parse()?,
//!     password: "correct horse".parse()?,
//! };
//! let session = client.auth().log_in(&credentials).await?;
//! let ada = client.with_token(&session.token);
//!
//! // Write, and change what was written unless somebody else has changed it meanwhile.
//! let draft = NewPost {
//!     title: "Notes on the Analytical Engine".parse()?,
//!     content: "It weaves algebraic patterns.".parse()?,
//!     excerpt: None,
//!     status: PostStatus::Draft,
//!     metadata: Metadata::default(),
//!     slug: None,
//! };
//! let post = ada.posts().create(&draft).await?;
//! let patch = PostPatch {
//!     status: Some(PostStatus::Published),
//!     ..PostPatch::default()
//! };
//! match ada.posts().update(post.value.id, &patch, Some(&post.tag)).await {
//!     Ok(post) => println!("published as {}", post.value.slug),
//!     Err(error) if error.code() == Some(&ErrorCode::PreconditionFailed) => {
//!         println!("somebody was faster: read it again");
//!     }
//!     Err(error) => return Err(error.into()),
//! }
//!
//! // Read a whole list, page by page.
//! let mut posts = client.posts().stream(ListPosts::default());
//! while let Some(post) = posts.try_next().await? {
//!     println!("{} by {}", post.title, post.author.full_name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is repeated, and what is not
//!
//! Reads, and orders, which carry an idempotency key, are sent again when no answer came, or one
//! that asks for it (429, 502, 503, 504): as late as its `Retry-After` says, and no more often nor
//! longer than [`RetryPolicy`] allows. Any other write is sent once: whether one that got no answer
//! has taken effect, only reading back can tell.

#![deny(missing_docs)]

pub mod auth;
mod call;
mod client;
mod error;
pub mod list;
pub mod order;
pub mod post;
pub mod product;
mod retry;
mod tag;
pub mod user;

pub use client::{BuildError, Client, ClientBuilder};
pub use error::{ApiError, Error, ErrorCode};
pub use hexpress_domain as domain;
pub use retry::RetryPolicy;
pub use tag::{EntityTag, EntityTagError, Tagged};
