//! What the two databases spell differently: the same names in both modules. Statements
//! reach them through [`on_backend!`](crate::on_backend).

pub mod postgres;
pub mod sqlite;
