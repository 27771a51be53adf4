use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hexpress_domain::auth::ClientAddress;

/// How much each client address holds of something that all share. It knows only addresses
/// that hold any.
pub struct AddressShares {
    max: usize,
    by_address: Mutex<HashMap<ClientAddress, usize>>,
}

/// A part of what an address holds, until this is dropped.
pub struct AddressShare {
    all: Arc<AddressShares>,
    address: ClientAddress,
    amount: usize,
}

impl AddressShares {
    /// At most so much for each address.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            max,
            by_address: Mutex::default(),
        }
    }

    /// A part that is empty.
    #[must_use]
    pub fn begin(self: &Arc<Self>, address: ClientAddress) -> AddressShare {
        AddressShare {
            all: Arc::clone(self),
            address,
            amount: 0,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClientAddress, usize>> {
        self.by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl AddressShare {
    /// Adds to it, unless the address then had more than it may, and more than `least`. Says
    /// whether it did. What was added goes when this is dropped.
    pub fn grow(&mut self, amount: usize, least: usize) -> bool {
        let mut by_address = self.all.lock();
        let held = by_address.get(&self.address).copied().unwrap_or_default();
        let sum = held.saturating_add(amount);
        let fits = sum <= self.all.max.max(least);
        if fits {
            by_address.insert(self.address, sum);
            self.amount = self.amount.saturating_add(amount);
        }
        fits
    }
}

impl Drop for AddressShare {
    fn drop(&mut self) {
        let mut by_address = self.all.lock();
        if let Some(held) = by_address.get_mut(&self.address) {
            *held = held.saturating_sub(self.amount);
            if *held == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn address(last: u8) -> ClientAddress {
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)).into()
    }

    #[test]
    fn an_address_holds_so_much_and_leaves_nothing_behind() {
        let all = Arc::new(AddressShares::new(10));
        let mut first = all.begin(address(1));
        let mut second = all.begin(address(1));
        let mut other = all.begin(address(2));
        assert!(first.grow(6, 0));
        assert!(!second.grow(5, 10));
        assert!(second.grow(5, 11) && other.grow(10, 0));
        drop(first);
        assert!(second.grow(5, 0));
        assert!(!second.grow(1, 0));
        drop((second, other));
        assert!(all.lock().is_empty());
    }
}
