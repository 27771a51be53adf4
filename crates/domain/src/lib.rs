//! The language of Hexpress: entities, value objects, rules, and the ports
//! through which use cases reach the world.
//!
//! What belongs here: types that are valid once made, rules that need no I/O,
//! and traits that say what an adapter must promise. What does not: SQL, HTTP,
//! runtimes, reading the clock, making random values.
//!
//! Open [`user`] first: an entity, its value objects, its commands and its port,
//! in the shape that every aggregate has.

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
pub mod snapshot;
pub mod user;
pub mod validation;
