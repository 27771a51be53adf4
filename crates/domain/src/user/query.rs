use strum::{IntoStaticStr, VariantArray};

use super::Role;
use super::entity::User;
use crate::entity::Liveness;
use crate::list::{Cursor, PageQuery, Search, Sort, SortType, SortValue};

/// The orders in which users can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum UserSort {
    /// By the time of sign-up.
    #[default]
    CreatedAt,
    /// By the time of the last change.
    UpdatedAt,
    /// By email address.
    Email,
    /// By first name.
    FirstName,
    /// By last name.
    LastName,
    /// By the time of the last login; users who never logged in sort lowest.
    LastLoginAt,
}

impl UserSort {
    /// The place of a user in this order.
    #[must_use]
    pub fn cursor(self, user: &User) -> Cursor {
        let value = match self {
            Self::CreatedAt => SortValue::Time(Some(user.created_at)),
            Self::UpdatedAt => SortValue::Time(Some(user.updated_at)),
            Self::Email => SortValue::Text(user.email.as_str().to_owned()),
            Self::FirstName => SortValue::Text(user.name.first.as_str().to_owned()),
            Self::LastName => SortValue::Text(user.name.last.as_str().to_owned()),
            Self::LastLoginAt => SortValue::Time(user.last_login_at),
        };
        Cursor {
            value,
            id: user.id.as_uuid(),
        }
    }
}

impl Sort for UserSort {
    fn value_type(self) -> SortType {
        match self {
            Self::CreatedAt | Self::UpdatedAt => SortType::Time,
            Self::Email | Self::FirstName | Self::LastName => SortType::Text,
            Self::LastLoginAt => SortType::OptionalTime,
        }
    }
}

/// Which users a list has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// Only users whose email, first or last name contain this.
    pub search: Option<Search>,
    /// Only users of this role.
    pub role: Option<Role>,
    /// Only users who are, or are not, active.
    pub is_active: Option<bool>,
    /// Live users, or deleted ones.
    pub liveness: Liveness,
}

/// Which users to list, and how.
pub type UserQuery = PageQuery<UserFilter, UserSort>;
