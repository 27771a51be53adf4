use std::sync::Arc;

use hexpress_domain::auth::ClientAddress;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::shares::{AddressShare, AddressShares};

/// How many bytes of one kind all requests may hold together. Those of one client address
/// may hold an eighth of them.
pub(super) struct ByteBudget {
    free: Arc<Semaphore>,
    by_address: Arc<AddressShares>,
}

/// Bytes out of a budget, which has them again when this is dropped.
pub(super) struct HeldBytes {
    budget: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
    share: AddressShare,
}

impl ByteBudget {
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))),
            by_address: Arc::new(AddressShares::new(bytes / 8)),
        }
    }

    /// Takes nothing yet for a request of this address.
    pub(super) fn begin(&self, address: ClientAddress) -> HeldBytes {
        HeldBytes {
            budget: Arc::clone(&self.free),
            permit: None,
            share: self.by_address.begin(address),
        }
    }
}

impl HeldBytes {
    /// Takes more, if so much is left, and the address then has no more than its share, or
    /// than `least` where that is more. Says whether it did.
    pub(super) fn grow(&mut self, bytes: usize, least: usize) -> bool {
        let Ok(permits) = u32::try_from(bytes) else {
            return false;
        };
        let Ok(more) = Arc::clone(&self.budget).try_acquire_many_owned(permits) else {
            return false;
        };
        let fits = self.share.grow(bytes, least);
        if fits {
            match &mut self.permit {
                Some(permit) => permit.merge(more),
                None => self.permit = Some(more),
            }
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn what_is_held_is_given_back_when_it_is_dropped() {
        let budget = ByteBudget::new(80);
        let mut held = budget.begin(ClientAddress::LOCAL);
        assert!(held.grow(4, 0) && held.grow(6, 0));
        assert!(!held.grow(1, 0));
        assert!(held.grow(70, 80));
        let other = IpAddr::from([192, 0, 2, 1]).into();
        assert!(!budget.begin(other).grow(1, 0));
        drop(held);
        let mut held = budget.begin(other);
        assert!(!held.grow(81, 81));
        assert!(held.grow(80, 80));
    }
}
