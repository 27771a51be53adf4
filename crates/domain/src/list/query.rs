use strum::VariantArray;

use super::{Cursor, CursorError, Direction, PageRequest, Position, SortValue};
use crate::validation::ValidationErrors;

/// Which rows of a list to show: those that a filter of type `F` lets through, in an
/// order of type `S`, and which part of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PageQuery<F, S> {
    /// Which rows the list has.
    pub filter: F,
    /// What the list is ordered by; ties are settled by the id.
    pub sort: S,
    /// The direction of the order, for the id as well.
    pub direction: Direction,
    /// Which part of the list.
    pub page: PageRequest,
}

impl<F, S: Sort> PageQuery<F, S> {
    /// Checks that a cursor is one of the order that is asked for.
    ///
    /// # Errors
    ///
    /// One fault of `cursor`, where it is of another order.
    pub fn check_cursor(&self) -> Result<(), ValidationErrors> {
        match &self.page.position {
            Position::After(cursor) if !self.sort.accepts(cursor) => {
                Err(ValidationErrors::of("cursor", CursorError))
            }
            _ => Ok(()),
        }
    }
}

/// The orders in which one kind of row can be listed. The first one is the default of
/// every list.
pub trait Sort: Copy + Default + VariantArray + Into<&'static str> {
    /// Every order.
    const ALL: &'static [Self] = Self::VARIANTS;

    /// The order's name, as the API spells it.
    fn as_str(self) -> &'static str {
        self.into()
    }

    /// What the rows are compared by.
    fn value_type(self) -> SortType;

    /// Whether a cursor is of this order: its value is of the order's type.
    fn accepts(self, cursor: &Cursor) -> bool {
        match (self.value_type(), &cursor.value) {
            (SortType::Time, SortValue::Time(time)) => time.is_some(),
            (SortType::OptionalTime, SortValue::Time(_))
            | (SortType::Text, SortValue::Text(_))
            | (SortType::Number, SortValue::Number(_)) => true,
            _ => false,
        }
    }

    /// The order of this name.
    ///
    /// # Errors
    ///
    /// [`SortError`] where there is none.
    fn parse(text: &str) -> Result<Self, SortError> {
        let mut all = Self::ALL.iter().copied();
        all.find(|sort| sort.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|sort| sort.as_str()).collect();
            SortError(names.join(", "))
        })
    }
}

/// What the rows of a list are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortType {
    /// A time that every row has.
    Time,
    /// A time that a row may lack.
    OptionalTime,
    /// A text.
    Text,
    /// A whole number.
    Number,
}

/// The text names no order of the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Must be one of: {0}")]
pub struct SortError(String);
