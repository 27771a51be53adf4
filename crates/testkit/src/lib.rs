//! Whether an adapter keeps what its port promises.
//!
//! Each port of [`hexpress_domain`] says in its comments what whoever implements it must
//! promise. Here each promise is a test with a name, for any adapter: a database, a
//! cache, a remote service. One macro for each port makes the tests:
//!
//! | port | macro | what it tests |
//! | --- | --- | --- |
//! | [`UserRepository`] | [`user_promises!`] | [`user::Accounts`] |
//! | [`TokenRepository`] | [`token_promises!`] | [`user::Accounts`] |
//! | [`LoginGuard`] | [`login_guard_promises!`] | [`login_guard::Guards`] |
//! | [`PostRepository`] | [`post_promises!`] | [`post::Blog`] |
//! | [`ViewRepository`] | [`view_promises!`] | [`post::Blog`] |
//! | [`ProductRepository`] | [`product_promises!`] | [`order::Shop`] |
//! | [`OrderRepository`] | [`order_promises!`] | [`order::Shop`] |
//!
//! The macro takes an async function that makes the adapter anew, empty, for each test,
//! together with whatever must live as long as it does: a temporary directory, a server,
//! or `()`. What a suite tests comes with the ports that its tests need beside it.
//!
//! ```
//! use std::sync::Arc;
//!
//! use hexpress_testkit::memory::MemoryStore;
//! use hexpress_testkit::user::Accounts;
//!
//! async fn accounts() -> (Accounts, ()) {
//!     let store = Arc::new(MemoryStore::default());
//!     let accounts = Accounts {
//!         users: store.clone(),
//!         tokens: store,
//!     };
//!     (accounts, ())
//! }
//!
//! mod user {
//!     hexpress_testkit::user_promises!(super::accounts);
//! }
//!
//! // Or as one call, which returns the broken promises, by name:
//! #[tokio::main]
//! async fn main() {
//!     let promises = hexpress_testkit::user::PROMISES.iter();
//!     let quick = promises.filter(|promise| !promise.is_slow());
//!     let broken = hexpress_testkit::broken(quick, accounts).await;
//!     assert_eq!(broken, []);
//! }
//! ```
//!
//! [`repository_promises!`] makes the tests of all repositories at once, where the adapters
//! fill [`Ports`](hexpress_app::Ports).
//!
//! What belongs here: whatever can be seen through the ports alone. What does not:
//! constraints, plans and faults of a database, which stay with its adapter's own tests.
//! What no test can see from outside stays with the reader of the port: that a page
//! deep in a list costs no more than the first, that a secret is logged nowhere.
//!
//! [`memory`] has adapters that keep everything in memory and every promise, for quick
//! tests and examples; [`samples`] has records to put into a store. Open [`user`] first.
//!
//! [`UserRepository`]: hexpress_domain::user::UserRepository
//! [`TokenRepository`]: hexpress_domain::auth::TokenRepository
//! [`LoginGuard`]: hexpress_domain::auth::LoginGuard
//! [`PostRepository`]: hexpress_domain::post::PostRepository
//! [`ViewRepository`]: hexpress_domain::post::ViewRepository
//! [`ProductRepository`]: hexpress_domain::product::ProductRepository
//! [`OrderRepository`]: hexpress_domain::order::OrderRepository

#![deny(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a promise that is not kept is told by panicking"
)]

mod auth;
mod list;
pub mod memory;
pub mod order;
pub mod post;
pub mod product;
mod promise;
pub mod samples;
pub mod user;

pub use auth::{login_guard, token};
pub use post::view;
pub use promise::{Broken, Promise, broken, test};

/// Makes a test of each promise of each repository, in a module for each port.
///
/// Takes a function `async fn<S: for<'a> From<&'a Ports>>() -> (S, G)`. The tests come into
/// modules of their own, which import what stands around the macro.
#[macro_export]
macro_rules! repository_promises {
    ($open:expr) => {
        $crate::repository_promises! {
            $open;
            user user_promises, token token_promises, post post_promises, view view_promises,
            product product_promises, order order_promises,
        }
    };
    ($open:expr; $($port:ident $promises:ident,)*) => {
        $(mod $port {
            use super::*;

            $crate::$promises!($open);
        })*
    };
}
