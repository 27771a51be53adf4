//! Pages of lists: by number, or by a cursor that continues where a page ended.
//!
//! Every order ends in the id, so that it is total. A missing time sorts below
//! every time; text sorts by code point.

use std::num::NonZeroU64;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use uuid::Uuid;

mod query;
mod search;

pub use query::{PageQuery, Sort, SortError, SortType};
pub use search::{Search, SearchError, fold, join_folded};

/// The direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// The smallest first.
    Ascending,
    /// The largest first.
    #[default]
    Descending,
}

/// The text names no direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must be one of: asc, desc")]
pub struct DirectionError;

impl Direction {
    /// Both directions.
    pub const ALL: [Self; 2] = [Self::Ascending, Self::Descending];

    /// The direction's name, as the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}

/// In any case.
impl FromStr for Direction {
    type Err = DirectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|direction| text.eq_ignore_ascii_case(direction.as_str()))
            .ok_or(DirectionError)
    }
}

/// A whole number in digits alone; one that 64 bits cannot hold is the largest.
fn whole_number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// How many rows a page holds: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageSize(u8);

/// The number is not within [`PageSize`]'s bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Limit must be between {} and {}", PageSize::MIN, PageSize::MAX)]
pub struct PageSizeError;

impl PageSize {
    /// The smallest page.
    pub const MIN: u8 = 1;
    /// The largest page.
    pub const MAX: u8 = 100;

    /// The number of rows.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(10)
    }
}

impl FromStr for PageSize {
    type Err = PageSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let size = whole_number(text).and_then(|size| u8::try_from(size).ok());
        size.ok_or(PageSizeError)?.try_into()
    }
}

impl TryFrom<u8> for PageSize {
    type Error = PageSizeError;

    fn try_from(size: u8) -> Result<Self, Self::Error> {
        if (Self::MIN..=Self::MAX).contains(&size) {
            Ok(Self(size))
        } else {
            Err(PageSizeError)
        }
    }
}

/// The number of a page, from 1. Larger numbers than 64 bits hold are the
/// largest: past the end of every list all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageNumber(NonZeroU64);

/// The text is no whole number from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Page must be a whole number from 1")]
pub struct PageNumberError;

impl PageNumber {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// How many rows lie before the page; `None` if more than any store holds.
    #[must_use]
    pub fn offset(self, size: PageSize) -> Option<i64> {
        let pages_before = self.0.get() - 1;
        i64::try_from(pages_before.checked_mul(u64::from(size.get()))?).ok()
    }
}

impl Default for PageNumber {
    fn default() -> Self {
        Self(NonZeroU64::MIN)
    }
}

impl FromStr for PageNumber {
    type Err = PageNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        whole_number(text).ok_or(PageNumberError)?.try_into()
    }
}

impl TryFrom<u64> for PageNumber {
    type Error = PageNumberError;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        NonZeroU64::new(number).map(Self).ok_or(PageNumberError)
    }
}

/// The value that a row has in the order of its list. Values of one order compare
/// as their rows do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SortValue {
    /// A time; `None` sorts below every time.
    Time(Option<DateTime<Utc>>),
    /// A text, compared by code point.
    Text(String),
    /// A whole number.
    Number(u64),
}

/// The place of a row in an order: a page may begin right behind it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The row's value in the order.
    pub value: SortValue,
    /// The row's id, which settles ties.
    pub id: Uuid,
}

/// The cursor continues another list, or another order of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must be the nextCursor of a list with the same filters and order")]
pub struct CursorError;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Position {
    /// At a page of this number.
    Page(PageNumber),
    /// Right behind a row.
    After(Cursor),
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// Where the page begins.
    pub position: Position,
    /// How many rows it holds at most.
    pub size: PageSize,
    /// Whether to count all rows of the list.
    pub count: bool,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            position: Position::Page(PageNumber::default()),
            size: PageSize::default(),
            count: true,
        }
    }
}

/// How many rows a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// Exactly this many.
    Exactly(u64),
    /// More than this many: a search counts no further than [`Total::SEARCH_BOUND`].
    MoreThan(u64),
}

impl Total {
    /// How far the matches of a search are counted.
    pub const SEARCH_BOUND: u64 = 10_000;
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the order asked for.
    pub items: Vec<T>,
    /// How many rows the whole list has; `None` if the count was not asked for.
    pub total: Option<Total>,
    /// The place of the last row, if more rows come behind it.
    pub next: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_begin_at_one_and_never_overflow() {
        for text in ["", "0", "-1", "1.5", "1e3", " 1", "+1", "one"] {
            assert_eq!(text.parse::<PageNumber>(), Err(PageNumberError), "{text}");
        }
        let size = PageSize(100);
        let offset = |text: &str| text.parse::<PageNumber>().ok().map(|n| n.offset(size));
        assert_eq!(offset("1"), Some(Some(0)));
        assert_eq!(offset("3"), Some(Some(200)));
        assert_eq!(offset("9223372036854775807"), Some(None));
        assert_eq!(offset("99999999999999999999999999"), Some(None));
    }

    #[test]
    fn page_sizes_are_bounded() {
        for text in ["0", "101", "-1", "+5", " 5", "ten", "", "300"] {
            assert_eq!(text.parse::<PageSize>(), Err(PageSizeError), "{text}");
        }
        assert_eq!("1".parse(), Ok(PageSize(1)));
        assert_eq!("100".parse(), Ok(PageSize(100)));
    }

    #[test]
    fn numbers_are_taken_like_texts() {
        assert_eq!(PageSize::try_from(100), Ok(PageSize(100)));
        for size in [0, 101] {
            assert_eq!(PageSize::try_from(size), Err(PageSizeError));
        }
        assert_eq!(PageNumber::try_from(3).map(PageNumber::get), Ok(3));
        assert_eq!(PageNumber::try_from(0), Err(PageNumberError));
    }

    #[test]
    fn directions_are_read_in_any_case() {
        assert_eq!("AsC".parse(), Ok(Direction::Ascending));
        assert_eq!("DESC".parse(), Ok(Direction::Descending));
        assert_eq!("down".parse::<Direction>(), Err(DirectionError));
    }
}
