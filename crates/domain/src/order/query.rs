use strum::{IntoStaticStr, VariantArray};

use super::{Order, OrderStatus};
use crate::list::{Cursor, PageQuery, Sort, SortType, SortValue};
use crate::user::UserId;

/// What a list of orders can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum OrderSort {
    /// By the time of placing.
    #[default]
    CreatedAt,
    /// By the time of the last step.
    UpdatedAt,
    /// By what they cost, whatever the currency.
    TotalCents,
}

impl OrderSort {
    /// The position of an order in a list that is sorted by this.
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
}

impl Sort for OrderSort {
    fn value_type(self) -> SortType {
        match self {
            Self::CreatedAt | Self::UpdatedAt => SortType::Time,
            Self::TotalCents => SortType::Number,
        }
    }
}

/// Which orders a list has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFilter {
    /// Only orders of this status.
    pub status: Option<OrderStatus>,
    /// Only orders of this user.
    pub user_id: Option<UserId>,
}

/// Which orders to list, and how.
pub type OrderQuery = PageQuery<OrderFilter, OrderSort>;
