//! Orders: what somebody buys, for how much, and how far it has come.

mod commands;
mod entity;
mod idempotency;
mod placement;
mod ports;
mod quantity;
mod query;
mod status;

pub use commands::{NewOrder, NewOrderItem, RawNewOrder, RawNewOrderItem};
pub use entity::{Order, OrderId, OrderItem, OrderTransitionError};
pub use idempotency::{Idempotency, IdempotencyKey, IdempotencyKeyError};
pub use placement::{OrderRecord, Placement, PlacementRefusal, Shortage};
#[cfg(feature = "mocks")]
pub use ports::MockOrderRepository;
pub use ports::OrderRepository;
pub use quantity::{Quantity, QuantityError};
pub use query::{OrderFilter, OrderQuery, OrderSort};
pub use status::{OrderStatus, OrderStatusError};
