//! PostgreSQL: connections, TLS, and the commands that only it has.

pub(crate) mod commands;
mod connector;
mod tls;

pub(crate) use connector::Connector;
