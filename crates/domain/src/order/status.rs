use std::str::FromStr;

use strum::{Display, IntoStaticStr};

use crate::text::trim;

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Display, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum OrderStatus {
    /// Placed: its pieces are put aside.
    #[default]
    Pending,
    /// Paid for.
    Paid,
    /// Sent.
    Fulfilled,
    /// Cancelled: its pieces went back into stock.
    Cancelled,
}

/// The text names no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Status must be one of: pending, paid, fulfilled, cancelled")]
pub struct OrderStatusError;

impl OrderStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Paid, Self::Fulfilled, Self::Cancelled];

    /// The status's name, as the API and the store spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether an order may go from this status to the other.
    #[must_use]
    pub const fn may_become(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Pending, Self::Paid | Self::Cancelled)
                | (Self::Paid, Self::Fulfilled | Self::Cancelled)
        )
    }
}

impl FromStr for OrderStatus {
    type Err = OrderStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == trim(text))
            .ok_or(OrderStatusError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for status in OrderStatus::ALL {
            assert_eq!(status.to_string().parse(), Ok(status));
        }
        assert_eq!("Paid".parse::<OrderStatus>(), Err(OrderStatusError));
    }

    #[test]
    fn moves_along_four_arrows() {
        use OrderStatus::{Cancelled, Fulfilled, Paid, Pending};

        let arrows: Vec<_> = OrderStatus::ALL
            .into_iter()
            .flat_map(|from| OrderStatus::ALL.map(|to| (from, to)))
            .filter(|(from, to)| from.may_become(*to))
            .collect();
        assert_eq!(
            arrows,
            [
                (Pending, Paid),
                (Pending, Cancelled),
                (Paid, Fulfilled),
                (Paid, Cancelled),
            ]
        );
    }
}
