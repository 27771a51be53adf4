//! The language of Hexpress: entities, value objects, rules, and the ports
//! through which use cases reach the world.
//!
//! What belongs here: types that are valid once made, rules that need no I/O,
//! and traits that say what an adapter must promise. What does not: SQL, HTTP,
//! runtimes, reading the clock, making random values.
//!
//! Open [`user`] first: an entity, its value objects, its commands and its port,
//! in the shape that every aggregate has.
//!
//! A service that is built on this crate brings adapters of the ports that it needs, and
//! puts the use cases of `hexpress-app`, or its own, on them:
//!
//! ```
//! use hexpress_domain::repository::RepositoryError;
//! use hexpress_domain::user::{Email, UserRepository};
//!
//! /// A use case of one's own, over a port.
//! async fn greeting(users: &dyn UserRepository, email: Email) -> Result<String, RepositoryError> {
//!     let found = users.find_by_email(email).await?;
//!     Ok(match found {
//!         Some((user, _)) => format!("Welcome back, {}", user.name.full()),
//!         None => "Welcome".to_owned(),
//!     })
//! }
//! ```
//!
//! # Features
//!
//! - `serde`: `Serialize` and `Deserialize` for values, the latter only through their
//!   constructors. Secrets have neither.
//! - `mocks`: a `Mock…` of every port, made by mockall, for tests of what is built on them.

#![deny(missing_docs)]

pub mod auth;
pub mod clock;
pub mod entity;
pub mod health;
pub mod id;
pub mod list;
pub mod money;
pub mod order;
pub mod post;
pub mod product;
pub mod repository;
pub mod text;
pub mod user;
pub mod validation;

/// Compiles the code in the crate's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
