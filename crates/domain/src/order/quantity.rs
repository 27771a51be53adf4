/// How many pieces of a product are ordered: 1 to 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "i64", into = "i64")
)]
pub struct Quantity(u32);

/// The number is not within [`Quantity`]'s bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Quantity must be between 1 and {}", Quantity::MAX)]
pub struct QuantityError;

impl Quantity {
    /// The most pieces in one line of an order.
    pub const MAX: u32 = 1_000_000;

    /// The number of pieces.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = QuantityError;

    fn try_from(pieces: i64) -> Result<Self, Self::Error> {
        match u32::try_from(pieces) {
            Ok(pieces @ 1..=Self::MAX) => Ok(Self(pieces)),
            _ => Err(QuantityError),
        }
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> Self {
        quantity.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_bounded() {
        assert_eq!(Quantity::try_from(1).map(Quantity::get), Ok(1));
        assert_eq!(Quantity::try_from(1_000_000).map(i64::from), Ok(1_000_000));
        for pieces in [0, -1, 1_000_001, 1_000_000_000_000_000_000, i64::MIN] {
            assert_eq!(Quantity::try_from(pieces), Err(QuantityError), "{pieces}");
        }
    }
}
