use std::fmt;

/// How many pieces there are. An input says 0 to 1,000,000,000; what orders that are
/// cancelled give back may lift it above that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Stock(u64);

/// The number is no stock that an input may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Stock must be between 0 and {}", Stock::MAX_SET)]
pub struct StockError;

/// How many pieces come or go: −1,000,000,000 to 1,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StockDelta(i64);

/// The number is not within [`StockDelta`]'s bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Stock delta must be between -{bound} and {bound}", bound = StockDelta::MAX)]
pub struct StockDeltaError;

/// What an admin does to a stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockChange {
    /// Sets the number of pieces, whatever it was before.
    Set(Stock),
    /// Adds pieces, or takes them away where negative.
    Add(StockDelta),
}

/// A change that the stock cannot take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StockChangeError {
    /// More pieces were to go than there are.
    #[error("only {available} in stock")]
    Short {
        /// How many there are.
        available: Stock,
    },
    /// Pieces that come would lift the stock above what may be set.
    #[error(transparent)]
    AboveLimit(StockError),
}

impl Stock {
    /// The most that an input may set.
    pub const MAX_SET: u64 = 1_000_000_000;

    /// Takes any number of pieces, as a store keeps it.
    #[must_use]
    pub const fn new(pieces: u64) -> Self {
        Self(pieces)
    }

    /// The number of pieces.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The stock after a change.
    ///
    /// What a cancelled order gave back may stand above [`Stock::MAX_SET`], and go down
    /// from there.
    ///
    /// # Errors
    ///
    /// [`StockChangeError`].
    pub fn after(self, change: StockChange) -> Result<Self, StockChangeError> {
        let delta = match change {
            StockChange::Set(stock) => return Ok(stock),
            StockChange::Add(delta) => delta.get(),
        };
        match self.0.checked_add_signed(delta) {
            None => Err(StockChangeError::Short { available: self }),
            Some(after) if delta > 0 && after > Self::MAX_SET => {
                Err(StockChangeError::AboveLimit(StockError))
            }
            Some(after) => Ok(Self(after)),
        }
    }
}

impl TryFrom<i64> for Stock {
    type Error = StockError;

    /// Takes a number that was sent.
    fn try_from(pieces: i64) -> Result<Self, Self::Error> {
        match u64::try_from(pieces) {
            Ok(pieces) if pieces <= Self::MAX_SET => Ok(Self(pieces)),
            _ => Err(StockError),
        }
    }
}

impl fmt::Display for Stock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StockDelta {
    /// The most that come or go at once.
    pub const MAX: i64 = 1_000_000_000;

    /// The number of pieces, negative where they go.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for StockDelta {
    type Error = StockDeltaError;

    fn try_from(pieces: i64) -> Result<Self, Self::Error> {
        if (-Self::MAX..=Self::MAX).contains(&pieces) {
            Ok(Self(pieces))
        } else {
            Err(StockDeltaError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_set_is_bounded() {
        assert_eq!(Stock::try_from(0).map(Stock::get), Ok(0));
        let most = Stock::try_from(1_000_000_000).map(Stock::get);
        assert_eq!(most, Ok(Stock::MAX_SET));
        for pieces in [-1, 1_000_000_001, i64::MIN, i64::MAX] {
            assert_eq!(Stock::try_from(pieces), Err(StockError), "{pieces}");
        }
    }

    #[test]
    fn a_change_stays_within_the_bounds() {
        let add = |pieces| StockChange::Add(StockDelta::try_from(pieces).unwrap());
        let (three, full) = (Stock::new(3), Stock::new(Stock::MAX_SET));
        assert_eq!(three.after(StockChange::Set(full)), Ok(full));
        assert_eq!(three.after(add(-3)), Ok(Stock::new(0)));
        assert_eq!(three.after(add(2)), Ok(Stock::new(5)));
        let short = StockChangeError::Short { available: three };
        assert_eq!(three.after(add(-4)), Err(short));
        let above = StockChangeError::AboveLimit(StockError);
        assert_eq!(full.after(add(1)), Err(above));
        let refilled = Stock::new(Stock::MAX_SET + 5);
        assert_eq!(refilled.after(add(0)), Ok(refilled));
        let lower = Stock::new(Stock::MAX_SET + 4);
        assert_eq!(refilled.after(add(-1)), Ok(lower));
    }

    #[test]
    fn what_comes_and_goes_is_bounded() {
        for pieces in [-1_000_000_000, 0, 1_000_000_000] {
            assert_eq!(
                StockDelta::try_from(pieces).map(StockDelta::get),
                Ok(pieces)
            );
        }
        for pieces in [-1_000_000_001, 1_000_000_001, i64::MIN, i64::MAX] {
            assert_eq!(StockDelta::try_from(pieces), Err(StockDeltaError));
        }
        assert_eq!(
            StockDeltaError.to_string(),
            "Stock delta must be between -1000000000 and 1000000000"
        );
    }
}
