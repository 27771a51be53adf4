//! Where a database is: its URL, read and written.

mod database_url;
mod error;
mod mask;
mod parse;
mod postgres;
mod ssl_mode;

pub use database_url::{DatabaseUrl, SqliteLocation};
pub use error::DatabaseUrlError;
pub use mask::masked;
pub(crate) use mask::shown;
pub use postgres::{ChannelBinding, Keepalives, PostgresHost, PostgresUrl, TargetSession};
pub use ssl_mode::{SslMode, SslModeError};

#[cfg(test)]
mod tests;
