use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hexpress_domain::auth::ClientAddress;

/// What each client address holds of something that all share: how many things, and how
/// many bytes in them. It knows only addresses that hold any.
pub(super) struct AddressShares {
    max_count: usize,
    max_bytes: usize,
    by_address: Mutex<HashMap<ClientAddress, Held>>,
}

#[derive(Default)]
struct Held {
    count: usize,
    bytes: usize,
}

/// One thing that an address holds, until this is dropped.
pub(super) struct AddressShare {
    all: Arc<AddressShares>,
    address: ClientAddress,
    bytes: usize,
}

impl AddressShares {
    /// At most so many things, and so many bytes in all of them, for each address.
    pub(super) fn new(max_count: usize, max_bytes: usize) -> Self {
        Self {
            max_count,
            max_bytes,
            by_address: Mutex::default(),
        }
    }

    /// Adds a thing without bytes, unless the address has as many as it may.
    pub(super) fn begin(self: &Arc<Self>, address: ClientAddress) -> Option<AddressShare> {
        let mut by_address = self.lock();
        let count = by_address.get(&address).map_or(0, |held| held.count);
        if count >= self.max_count {
            return None;
        }
        by_address.entry(address).or_default().count += 1;
        Some(AddressShare {
            all: Arc::clone(self),
            address,
            bytes: 0,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClientAddress, Held>> {
        self.by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl AddressShare {
    /// Adds bytes to it, unless the address then had more than it may. Says whether it did.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let mut by_address = self.all.lock();
        let held = by_address.entry(self.address).or_default();
        let sum = held.bytes.saturating_add(bytes);
        let fits = sum <= self.all.max_bytes;
        if fits {
            held.bytes = sum;
            self.bytes = self.bytes.saturating_add(bytes);
        }
        fits
    }
}

impl Drop for AddressShare {
    fn drop(&mut self) {
        let mut by_address = self.all.lock();
        if let Some(held) = by_address.get_mut(&self.address) {
            held.count = held.count.saturating_sub(1);
            held.bytes = held.bytes.saturating_sub(self.bytes);
            if held.count == 0 {
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
        let all = Arc::new(AddressShares::new(2, 10));
        let mut first = all.begin(address(1)).unwrap();
        let mut second = all.begin(address(1)).unwrap();
        assert!(all.begin(address(1)).is_none());
        let mut other = all.begin(address(2)).unwrap();

        assert!(first.grow(6));
        assert!(!second.grow(5));
        assert!(second.grow(4) && other.grow(10));
        drop(first);
        assert!(second.grow(6));
        assert!(all.begin(address(1)).is_some());
        drop((second, other));
        assert!(all.lock().is_empty());
    }
}
