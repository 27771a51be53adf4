use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bytes of one kind all requests may hold together.
#[derive(Clone)]
pub(crate) struct ByteBudget(Arc<Semaphore>);

/// Bytes out of a budget, which has them again when this is dropped.
pub(crate) struct HeldBytes(OwnedSemaphorePermit);

impl ByteBudget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    /// Takes so many bytes, if they are left.
    pub(crate) fn take(&self, bytes: usize) -> Option<HeldBytes> {
        let bytes = u32::try_from(bytes).ok()?;
        let permit = Arc::clone(&self.0).try_acquire_many_owned(bytes);
        permit.ok().map(HeldBytes)
    }
}

impl HeldBytes {
    /// Holds those of `more`, too, which must be out of the same budget.
    pub(crate) fn add(&mut self, more: Self) {
        self.0.merge(more.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_given_back_when_it_is_dropped() {
        let budget = ByteBudget::new(10);
        let mut held = budget.take(4).unwrap();
        held.add(budget.take(6).unwrap());
        assert!(budget.take(1).is_none());
        drop(held);
        assert!(budget.take(11).is_none());
        assert!(budget.take(10).is_some());
    }
}
