use std::str::FromStr;

use super::Role;
use super::entity::User;
use crate::entity::Liveness;
use crate::list::{Cursor, Direction, PageRequest, Search, SortValue};

/// The orders in which users can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
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

/// The text names no order of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must be one of: createdAt, updatedAt, email, firstName, lastName, lastLoginAt")]
pub struct UserSortError;

impl UserSort {
    /// Every order.
    pub const ALL: [Self; 6] = [
        Self::CreatedAt,
        Self::UpdatedAt,
        Self::Email,
        Self::FirstName,
        Self::LastName,
        Self::LastLoginAt,
    ];

    /// The order's name, as the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
            Self::UpdatedAt => "updatedAt",
            Self::Email => "email",
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::LastLoginAt => "lastLoginAt",
        }
    }

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

    /// Whether a cursor is of this order: its value is of the order's type.
    #[must_use]
    pub const fn accepts(self, cursor: &Cursor) -> bool {
        match (self, &cursor.value) {
            (Self::CreatedAt | Self::UpdatedAt, SortValue::Time(time)) => time.is_some(),
            (Self::LastLoginAt, SortValue::Time(_))
            | (Self::Email | Self::FirstName | Self::LastName, SortValue::Text(_)) => true,
            _ => false,
        }
    }
}

impl FromStr for UserSort {
    type Err = UserSortError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|sort| sort.as_str() == text)
            .ok_or(UserSortError)
    }
}

/// Which users to list, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserQuery {
    /// Only users whose email, first or last name contain this.
    pub search: Option<Search>,
    /// Only users of this role.
    pub role: Option<Role>,
    /// Only users who are, or are not, active.
    pub is_active: Option<bool>,
    /// Live users, or deleted ones.
    pub liveness: Liveness,
    /// What the list is ordered by; ties are settled by the id.
    pub sort: UserSort,
    /// The direction of the order, for the id as well.
    pub direction: Direction,
    /// Which part of the list.
    pub page: PageRequest,
}
