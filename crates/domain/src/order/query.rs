use std::str::FromStr;

use super::{Order, OrderStatus};
use crate::list::{Cursor, Direction, PageRequest, SortValue};
use crate::user::UserId;

/// The orders in which orders can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OrderSort {
    /// By the time of placing.
    #[default]
    CreatedAt,
    /// By the time of the last step.
    UpdatedAt,
    /// By what they cost, whatever the currency.
    TotalCents,
}

/// The text names no order of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must be one of: createdAt, updatedAt, totalCents")]
pub struct OrderSortError;

impl OrderSort {
    /// Every order.
    pub const ALL: [Self; 3] = [Self::CreatedAt, Self::UpdatedAt, Self::TotalCents];

    /// The order's name, as the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
            Self::UpdatedAt => "updatedAt",
            Self::TotalCents => "totalCents",
        }
    }

    /// The place of an order in this order.
    #[must_use]
    pub fn cursor(self, order: &Order) -> Cursor {
        let value = match self {
            Self::CreatedAt => SortValue::Time(Some(order.created_at)),
            Self::UpdatedAt => SortValue::Time(Some(order.updated_at)),
            Self::TotalCents => SortValue::Number(order.total.cents()),
        };
        Cursor {
            value,
            id: order.id.as_uuid(),
        }
    }

    /// Whether a cursor is of this order: its value is of the order's type.
    #[must_use]
    pub const fn accepts(self, cursor: &Cursor) -> bool {
        match (self, &cursor.value) {
            (Self::CreatedAt | Self::UpdatedAt, SortValue::Time(time)) => time.is_some(),
            (Self::TotalCents, SortValue::Number(_)) => true,
            _ => false,
        }
    }
}

impl FromStr for OrderSort {
    type Err = OrderSortError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|sort| sort.as_str() == text)
            .ok_or(OrderSortError)
    }
}

/// Which orders to list, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderQuery {
    /// Only orders of this status.
    pub status: Option<OrderStatus>,
    /// Only orders of this user.
    pub user_id: Option<UserId>,
    /// What the list is ordered by; ties are settled by the id.
    pub sort: OrderSort,
    /// The direction of the order, for the id as well.
    pub direction: Direction,
    /// Which part of the list.
    pub page: PageRequest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_read_what_they_write() {
        for sort in OrderSort::ALL {
            assert_eq!(sort.as_str().parse(), Ok(sort));
        }
        assert_eq!("total".parse::<OrderSort>(), Err(OrderSortError));
    }
}
