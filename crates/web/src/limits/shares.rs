use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hexpress_domain::auth::ClientAddress;

/// Requests whose bodies are awaited, for each client address, and what has come of them.
/// It knows only addresses that have one.
pub(super) struct PendingBodies {
    max_requests: usize,
    max_bytes: usize,
    by_address: Mutex<HashMap<ClientAddress, Pending>>,
}

#[derive(Default)]
struct Pending {
    requests: usize,
    bytes: usize,
}

/// A request whose body is awaited, until this is dropped.
pub(super) struct PendingBody {
    all: Arc<PendingBodies>,
    address: ClientAddress,
    bytes: usize,
}

impl PendingBodies {
    pub(super) fn new(max_requests: usize, max_bytes: usize) -> Self {
        Self {
            max_requests,
            max_bytes,
            by_address: Mutex::default(),
        }
    }

    /// Begins to await a body, unless the address has as many as it may.
    pub(super) fn begin(self: &Arc<Self>, address: ClientAddress) -> Option<PendingBody> {
        let mut by_address = self.lock();
        let requests = by_address.get(&address).map_or(0, |known| known.requests);
        if requests >= self.max_requests {
            return None;
        }
        by_address.entry(address).or_default().requests += 1;
        Some(PendingBody {
            all: Arc::clone(self),
            address,
            bytes: 0,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClientAddress, Pending>> {
        self.by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl PendingBody {
    /// Counts bytes of it, unless the address had more than it may, then.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let mut by_address = self.all.lock();
        let pending = by_address.entry(self.address).or_default();
        let sum = pending.bytes.saturating_add(bytes);
        let fits = sum <= self.all.max_bytes;
        if fits {
            pending.bytes = sum;
            self.bytes = self.bytes.saturating_add(bytes);
        }
        fits
    }
}

impl Drop for PendingBody {
    fn drop(&mut self) {
        let mut by_address = self.all.lock();
        if let Some(pending) = by_address.get_mut(&self.address) {
            pending.requests = pending.requests.saturating_sub(1);
            pending.bytes = pending.bytes.saturating_sub(self.bytes);
            if pending.requests == 0 {
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
    fn an_address_waits_for_so_many_and_leaves_nothing_behind() {
        let all = Arc::new(PendingBodies::new(2, 10));
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
