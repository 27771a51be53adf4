//! A newsletter at the command line, on Hexpress's posts.
//!
//! What is taken: what a post is and how it is published (`hexpress-domain`), and what happens
//! when somebody asks for it (`hexpress-app`). What is its own: where posts are kept (one JSON
//! file, [`archive`]), what is made of them (a [`digest`] of a month), and the command line. No
//! server, no database and no runtime comes along.
//!
//! Open [`Newsletter`] first.

#![deny(missing_docs)]

pub mod archive;
pub mod digest;
mod machine;
mod newsletter;

pub use machine::Machine;
pub use newsletter::Newsletter;
