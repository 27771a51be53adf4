use chrono::{DateTime, Utc};

use super::{OrderStatus, Quantity};
use crate::entity::Version;
use crate::id::Id;
use crate::money::{Currency, Money, Price};
use crate::product::{ProductId, ProductName};
use crate::user::UserId;

/// The id of an order.
pub type OrderId = Id<Order>;

/// What somebody has bought. All but the status stays as it was when the order was
/// placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The id.
    pub id: OrderId,
    /// Who placed it.
    pub user_id: UserId,
    /// How far it has come.
    pub status: OrderStatus,
    /// What is ordered, in the order in which the client named it.
    pub items: Vec<OrderItem>,
    /// What all of it costs.
    pub total: Money,
    /// The number of the row's state.
    pub version: Version,
    /// When it was placed.
    pub created_at: DateTime<Utc>,
    /// When its status last changed.
    pub updated_at: DateTime<Utc>,
}

/// A line of an order: the product as it was when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItem {
    /// Which product.
    pub product_id: ProductId,
    /// What it was called.
    pub name: ProductName,
    /// How many pieces.
    pub quantity: Quantity,
    /// What one piece cost.
    pub unit_price: Price,
}

/// The status cannot become the wanted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A {from} order cannot become {to}")]
pub struct OrderTransitionError {
    /// The present status.
    pub from: OrderStatus,
    /// The wanted status.
    pub to: OrderStatus,
}

impl OrderItem {
    /// What all pieces of the line cost.
    #[must_use]
    pub fn total(&self, currency: Currency) -> Money {
        Money::of(self.unit_price, self.quantity, currency)
    }
}

impl Order {
    /// The order as it was when it was placed, whatever has become of it. A repeated
    /// request with the same key is answered with it.
    #[must_use]
    pub fn as_placed(self) -> Self {
        Self {
            status: OrderStatus::Pending,
            version: Version::FIRST,
            updated_at: self.created_at,
            ..self
        }
    }

    /// The order with another status, one version on.
    ///
    /// # Errors
    ///
    /// [`OrderTransitionError`] where there is no such step.
    pub fn transition(
        &self,
        to: OrderStatus,
        at: DateTime<Utc>,
    ) -> Result<Self, OrderTransitionError> {
        if !self.status.may_become(to) {
            return Err(OrderTransitionError {
                from: self.status,
                to,
            });
        }
        Ok(Self {
            status: to,
            version: self.version.next(),
            updated_at: at,
            ..self.clone()
        })
    }
}
