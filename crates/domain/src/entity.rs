//! What entities of every kind have: a version, and a deletion that keeps the row.

/// Counts the changes of a row that its readers should notice, from 1.
///
/// A login, an upgraded hash, a view, and stock that orders move do not change it. Every
/// other write does, also deletion and restoration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(i64);

impl Version {
    /// The version of a row that was just made.
    pub const FIRST: Self = Self(1);

    /// Takes a version that a store kept or a client sent back.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The next version.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Which rows a read looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Liveness {
    /// Rows that are not deleted.
    #[default]
    Live,
    /// Deleted rows.
    Deleted,
    /// Both.
    Any,
}
