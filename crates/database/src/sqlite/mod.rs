//! SQLite: connections, the commands that only it has, and the queue of its one writer.

pub(crate) mod commands;
pub(crate) mod group_commit;
mod opener;
pub(crate) mod pool;

pub use opener::AsyncSqliteConnection;
pub(crate) use opener::{Opener, Replaced, existing_uri, on_thread, prepare, unchanging_uri};
