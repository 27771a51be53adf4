use std::net::IpAddr;
use std::sync::Arc;

use hexpress_web::{AddressShare, AddressShares};
use ipnet::IpNet;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, TryAcquireError, watch};

use crate::open_files::ConnectionCounts;

/// Who is let in: so many connections in all, and so many of each client address.
#[derive(Clone)]
pub struct Admission(Arc<Counts>);

struct Counts {
    free: Arc<Semaphore>,
    max: usize,
    /// Whether places are scarce: from when less than an eighth of them is free until more than
    /// a quarter is. Two bounds, since a change wakes every connection.
    crowded: watch::Sender<bool>,
    /// Whose connections are those of many clients.
    proxies: Vec<IpNet>,
    by_address: Arc<AddressShares>,
}

/// A connection's place, until this is dropped.
pub(super) struct Admitted {
    _permit: OwnedSemaphorePermit,
    admission: Admission,
    /// Where it counts for its address.
    _share: Option<AddressShare>,
}

impl Admission {
    /// Lets so many in. Connections of `proxies` count only in all.
    pub fn new(counts: ConnectionCounts, proxies: Vec<IpNet>) -> Self {
        Self(Arc::new(Counts {
            free: Arc::new(Semaphore::new(counts.max.min(Semaphore::MAX_PERMITS))),
            max: counts.max,
            crowded: watch::Sender::new(false),
            proxies,
            by_address: Arc::new(AddressShares::new(counts.per_address)),
        }))
    }

    /// Waits until one more connection may be accepted.
    pub(super) async fn vacancy(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.0.free).acquire_owned().await
    }

    /// As [`Self::vacancy`], if that is now.
    pub(super) fn try_vacancy(&self) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        Arc::clone(&self.0.free).try_acquire_owned()
    }

    /// Lets a connection in that was accepted, unless its address has as many as it may.
    pub(super) fn admit(&self, permit: OwnedSemaphorePermit, peer: IpAddr) -> Option<Admitted> {
        let canonical = peer.to_canonical();
        let is_proxy = self.0.proxies.iter().any(|net| net.contains(&canonical));
        let share = if is_proxy {
            None
        } else {
            let mut share = self.0.by_address.begin(peer.into());
            if !share.grow(1, 0) {
                return None;
            }
            Some(share)
        };
        self.note_crowding();
        Some(Admitted {
            _permit: permit,
            admission: self.clone(),
            _share: share,
        })
    }

    /// Whether places are scarce, so that idle connections must go.
    pub(super) fn is_crowded(&self) -> bool {
        *self.0.crowded.borrow()
    }

    /// As [`Self::is_crowded`], whenever that changes.
    pub(super) fn crowding(&self) -> watch::Receiver<bool> {
        self.0.crowded.subscribe()
    }

    fn note_crowding(&self) {
        self.0.crowded.send_if_modified(|crowded| {
            let free = self.0.free.available_permits();
            let bound = self.0.max / if *crowded { 4 } else { 8 };
            let was = std::mem::replace(crowded, free < bound);
            was != *crowded
        });
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.admission.note_crowding();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(max: usize, per_address: usize) -> Admission {
        let proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Admission::new(ConnectionCounts { max, per_address }, proxies)
    }

    fn admit(admission: &Admission, peer: &str) -> Option<Admitted> {
        let permit = admission.try_vacancy().ok()?;
        admission.admit(permit, peer.parse().unwrap())
    }

    #[test]
    fn an_address_has_so_many_at_once() {
        let admission = admission(10, 2);
        let held: Vec<_> = [
            "192.0.2.1",
            "::ffff:192.0.2.1",
            "2001:db8::1",
            "2001:db8::2",
        ]
        .map(|peer| admit(&admission, peer).unwrap())
        .into();
        assert!(admit(&admission, "192.0.2.1").is_none());
        assert!(admit(&admission, "2001:db8::3").is_none());
        assert!(admit(&admission, "192.0.2.2").is_some());
        drop(held);
        assert!(admit(&admission, "192.0.2.1").is_some());
        assert_eq!(admission.0.free.available_permits(), 10);
    }

    #[test]
    fn places_are_scarce_from_an_eighth_to_a_quarter() {
        let admission = admission(16, 16);
        let mut held = Vec::new();
        for _ in 0..14 {
            held.push(admit(&admission, "192.0.2.1").unwrap());
            assert!(!admission.is_crowded());
        }
        held.push(admit(&admission, "192.0.2.1").unwrap());
        assert!(admission.is_crowded());
        held.truncate(12);
        assert!(admission.is_crowded());
        held.clear();
        assert!(!admission.is_crowded());
    }

    #[test]
    fn a_proxy_counts_in_all_alone() {
        let admission = admission(3, 1);
        let held: Vec<_> = (0..3).map(|_| admit(&admission, "10.0.0.1")).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(admit(&admission, "192.0.2.1").is_none());
    }
}
