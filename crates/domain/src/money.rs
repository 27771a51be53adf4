//! Money: whole minor units of one currency, with checked arithmetic.

use std::fmt;
use std::str::FromStr;

use crate::order::Quantity;
use crate::text::trim;

/// A currency, by its code in ISO 4217: three letters in upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Currency(iso_currency::Currency);

/// The text is no currency's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Currency must be the ISO 4217 code of a currency in use, in upper case")]
pub struct CurrencyError;

impl Currency {
    /// Reads the code of a currency that is in use: neither one that another has replaced
    /// nor one that is no money, such as gold, or the code for tests. Stored ones stay
    /// what they are when a currency ends: they are read by [`FromStr`].
    ///
    /// # Errors
    ///
    /// [`CurrencyError`] for all others.
    pub fn in_use(text: &str) -> Result<Self, CurrencyError> {
        let currency: Self = text.parse()?;
        if currency.0.is_special() || currency.0.is_superseded().is_some() {
            return Err(CurrencyError);
        }
        Ok(currency)
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0.code()
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        iso_currency::Currency::from_code(trim(text))
            .map(Self)
            .ok_or(CurrencyError)
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The price of one piece, in minor units of its currency: 0 to 1,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "i64", into = "i64")
)]
pub struct Price(u32);

/// The number is not within [`Price`]'s bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Price must be between 0 and {} cents", Price::MAX)]
pub struct PriceError;

impl Price {
    /// The highest price, in minor units.
    pub const MAX: u32 = 1_000_000_000;

    /// The minor units.
    #[must_use]
    pub const fn cents(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Price {
    type Error = PriceError;

    fn try_from(cents: i64) -> Result<Self, Self::Error> {
        let cents = u32::try_from(cents).map_err(|_| PriceError)?;
        if cents > Self::MAX {
            return Err(PriceError);
        }
        Ok(Self(cents))
    }
}

impl From<Price> for i64 {
    fn from(price: Price) -> Self {
        price.0.into()
    }
}

/// An amount in minor units of one currency: 0 to 2^53 − 1, the largest whole number
/// that every reader of JSON holds exactly (RFC 8259, section 6).
///
/// ```
/// use hexpress_domain::money::{Currency, Money, MoneyError};
///
/// let (euro, franc): (Currency, Currency) = ("EUR".parse()?, "CHF".parse()?);
/// let sum = Money::new(1_999, euro)?.plus(Money::new(1, euro)?)?;
/// assert_eq!(sum.cents(), 2_000);
/// assert_eq!(sum.plus(Money::new(1, franc)?), Err(MoneyError::MixedCurrencies));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    cents: u64,
    currency: Currency,
}

/// Why amounts have no sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// They are of different currencies.
    #[error("All products must be priced in one currency")]
    MixedCurrencies,
    /// The amount is above [`Money::MAX`].
    #[error("The total must be at most {} cents", Money::MAX)]
    TooMuch,
}

impl Money {
    /// The largest amount, in minor units.
    pub const MAX: u64 = 9_007_199_254_740_991;

    /// An amount.
    ///
    /// # Errors
    ///
    /// [`MoneyError::TooMuch`] above [`Money::MAX`].
    pub fn new(cents: u64, currency: Currency) -> Result<Self, MoneyError> {
        if cents > Self::MAX {
            return Err(MoneyError::TooMuch);
        }
        Ok(Self { cents, currency })
    }

    /// What a number of pieces of one price costs: at most 10^15, far below
    /// [`Money::MAX`].
    #[must_use]
    pub fn of(price: Price, quantity: Quantity, currency: Currency) -> Self {
        Self {
            cents: u64::from(price.0) * u64::from(quantity.get()),
            currency,
        }
    }

    /// The sum.
    ///
    /// # Errors
    ///
    /// [`MoneyError::MixedCurrencies`], and [`MoneyError::TooMuch`] above
    /// [`Money::MAX`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies);
        }
        // Two amounts of at most 2^53 cannot overflow.
        Self::new(self.cents + other.cents, self.currency)
    }

    /// The minor units.
    #[must_use]
    pub const fn cents(self) -> u64 {
        self.cents
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn euros(cents: u64) -> Money {
        Money::new(cents, "EUR".parse().unwrap()).unwrap()
    }

    #[test]
    fn currencies_are_codes_in_upper_case() {
        for code in ["EUR", "USD", "JPY", "CHF", " GBP "] {
            let currency: Currency = code.parse().unwrap();
            assert_eq!(currency.to_string(), code.trim());
        }
        for code in ["", "eur", "Eur", "EURO", "ZZZ", "€", "12", "EU"] {
            assert_eq!(code.parse::<Currency>(), Err(CurrencyError), "{code}");
        }
        assert!(Currency::in_use("EUR").is_ok());
        for code in ["HRK", "XTS", "XAU", "ZZZ"] {
            assert_eq!(Currency::in_use(code), Err(CurrencyError), "{code}");
        }
        assert!("HRK".parse::<Currency>().is_ok());
    }

    #[test]
    fn prices_are_bounded() {
        assert_eq!(Price::try_from(0).map(Price::cents), Ok(0));
        assert_eq!(
            Price::try_from(1_000_000_000).map(Price::cents),
            Ok(1_000_000_000)
        );
        for cents in [-1, 1_000_000_001, i64::MIN, i64::MAX] {
            assert_eq!(Price::try_from(cents), Err(PriceError), "{cents}");
        }
    }

    #[test]
    fn amounts_end_where_json_stops_being_exact() {
        let last = euros(Money::MAX - 1).plus(euros(1)).unwrap();
        assert_eq!(last.cents(), (1 << 53) - 1);
        assert_eq!(last.plus(euros(1)), Err(MoneyError::TooMuch));
        assert_eq!(last.plus(last), Err(MoneyError::TooMuch));
        assert_eq!(last.plus(euros(0)), Ok(last));
    }

    #[test]
    fn currencies_do_not_mix() {
        let yen = Money::new(1, "JPY".parse().unwrap()).unwrap();
        assert_eq!(euros(1).plus(yen), Err(MoneyError::MixedCurrencies));
    }

    proptest! {
        #[test]
        fn sums_are_those_of_wider_numbers(parts in prop::collection::vec(0..=Money::MAX, 1..8)) {
            let exact: u128 = parts.iter().map(|part| u128::from(*part)).sum();
            let sum = parts.iter().try_fold(euros(0), |sum, part| sum.plus(euros(*part)));
            prop_assert_eq!(
                sum.map(|sum| u128::from(sum.cents())).ok(),
                (exact <= u128::from(Money::MAX)).then_some(exact)
            );
        }

        #[test]
        fn lines_never_overflow(price in 0..=i64::from(Price::MAX), pieces in 1_i64..=1_000_000) {
            let quantity = pieces.try_into().unwrap();
            let line = Money::of(price.try_into().unwrap(), quantity, "EUR".parse().unwrap());
            prop_assert_eq!(i64::try_from(line.cents()).unwrap(), price * pieces);
            prop_assert!(line.cents() <= Money::MAX);
        }
    }
}
