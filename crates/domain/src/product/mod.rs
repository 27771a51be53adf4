//! Products: what is sold, for how much, and how much of it there is.

mod commands;
mod entity;
mod ports;
mod query;
mod stock;
mod text;

pub use commands::{NewProduct, ProductPatch, RawNewProduct, RawProductPatch};
pub use entity::{Product, ProductId};
#[cfg(feature = "mocks")]
pub use ports::MockProductRepository;
pub use ports::{ProductReader, ProductRecord, ProductRepository};
pub use query::{ProductFilter, ProductQuery, ProductSort};
pub use stock::{Stock, StockChange, StockChangeError, StockDelta, StockDeltaError, StockError};
pub use text::{Description, ProductName};
