//! The use cases of Hexpress: what an actor may ask for, and what then happens.
//!
//! What belongs here: one service for each aggregate, which decides over the
//! ports of `hexpress-domain`, and the one table of permissions. What does not:
//! SQL, HTTP, formats, and rules that one entity can decide alone (they are its
//! methods, in the domain).
//!
//! Open [`permissions`] first, then [`user::UserService`].

#![deny(missing_docs)]

pub mod auth;
mod error;
pub mod health;
pub mod order;
pub mod permissions;
pub mod post;
mod precondition;
pub mod product;
mod retry;
pub mod user;

pub use error::{Error, InvalidState, Resource, StockShortage};
pub use precondition::IfMatch;
