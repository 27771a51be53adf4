//! What reads found, shared by many readers.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// What a read found, for all who are shown it, and one thing that was made of it: an
/// outer layer that turns it into another form, such as text, does so once.
///
/// ```
/// use hexpress_domain::snapshot::Snapshot;
///
/// let found = Snapshot::new(vec![1, 2, 3]);
/// let sum = found.made(|numbers| Ok::<i32, ()>(numbers.iter().sum()));
/// assert_eq!(*sum.unwrap(), 6);
/// assert_eq!(found.len(), 3);
/// ```
pub struct Snapshot<T> {
    found: T,
    made: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl<T> Snapshot<T> {
    /// What was found, of which nothing was made yet.
    #[must_use]
    pub const fn new(found: T) -> Self {
        Self {
            found,
            made: OnceLock::new(),
        }
    }

    /// What was made of it. The first call makes it and keeps it; a later one that asks
    /// for another type makes that anew each time. What is made must depend on nothing
    /// else: neither on who asks nor on when.
    ///
    /// # Errors
    ///
    /// Those of `make`, of which nothing is kept.
    pub fn made<D, E>(&self, make: impl FnOnce(&T) -> Result<D, E>) -> Result<Arc<D>, E>
    where
        D: Send + Sync + 'static,
    {
        let kept = self.made.get().cloned();
        if let Some(Ok(made)) = kept.map(Arc::downcast) {
            return Ok(made);
        }
        let made = Arc::new(make(&self.found)?);
        // Another caller may have been faster: what both made is equal.
        self.made.set(made.clone()).ok();
        Ok(made)
    }
}

impl<T> Deref for Snapshot<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.found
    }
}

impl<T: PartialEq> PartialEq for Snapshot<T> {
    fn eq(&self, other: &Self) -> bool {
        self.found == other.found
    }
}

impl<T: Eq> Eq for Snapshot<T> {}

impl<T: fmt::Debug> fmt::Debug for Snapshot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.found.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn is_made_once() {
        let snapshot = Snapshot::new(7);
        let first = snapshot.made(|number| Ok::<_, Infallible>(number.to_string()));
        let again = snapshot.made(|_| Err::<String, _>("is not asked"));
        assert!(Arc::ptr_eq(&first.unwrap(), &again.unwrap()));
    }

    #[test]
    fn a_failure_is_not_kept() {
        let snapshot = Snapshot::new(7);
        assert_eq!(snapshot.made(|_| Err::<String, _>("no")), Err("no"));
        let made = snapshot.made(|number| Ok::<_, Infallible>(number.to_string()));
        assert_eq!(*made.unwrap(), "7");
    }

    #[test]
    fn another_type_is_made_anew() {
        let snapshot = Snapshot::new(7);
        snapshot
            .made(|number| Ok::<_, Infallible>(number.to_string()))
            .unwrap();
        let doubled = snapshot.made(|number| Ok::<_, Infallible>(number * 2));
        assert_eq!(*doubled.unwrap(), 14);
    }
}
