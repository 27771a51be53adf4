use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hexpress_domain::repository::RepositoryError;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use super::invalidations::{Generation, Invalidations, Subject};
use super::status::CacheStatus;

/// What a kept read weighs beside what was found.
const OVERHEAD: u64 = 512;
/// A guess, high on purpose. The memory is divided among shards, as many as processors want
/// so long as each has room for 32 of these, and what is larger than a shard is not kept:
/// so one is a mebibyte at least, however many processors there are.
const USUAL_WEIGHT: u64 = 32 * 1024;

/// What a read found, of a kind that is kept.
pub(super) trait Kept: Clone + Send + Sync + 'static {
    type Key: Hash + Eq + Clone + Send + Sync + 'static;

    /// About how many bytes it takes.
    fn weight(&self) -> u64;

    /// Whose writes make it old, where something was found that is shared, and where
    /// not.
    fn subjects(key: &Self::Key, found: Option<&Self>) -> impl Iterator<Item = Subject>;
}

/// Reads of one kind, those of the last moment kept in memory.
pub(super) struct Reads<V: Kept> {
    name: &'static str,
    /// `None` where nothing is to be kept.
    kept: Option<Entries<V>>,
    max_age: Duration,
    invalidations: Arc<Invalidations>,
    hits: AtomicU64,
    misses: AtomicU64,
}

type Entries<V> = Cache<<V as Kept>::Key, Arc<Entry<V>>, Weight>;

struct Entry<V> {
    /// When the read began.
    begun: Instant,
    generation: Generation,
    /// `None` where it found nothing that others may be shown, or failed: they have to read
    /// for themselves, and need not wait for each other.
    found: Option<V>,
    weight: u64,
}

#[derive(Clone)]
struct Weight;

impl<K, V> Weighter<K, Arc<Entry<V>>> for Weight {
    fn weight(&self, _: &K, entry: &Arc<Entry<V>>) -> u64 {
        entry.weight
    }
}

impl<V: Kept> Reads<V> {
    pub(super) fn new(
        name: &'static str,
        max_bytes: u64,
        max_age: Duration,
        invalidations: &Arc<Invalidations>,
    ) -> Arc<Self> {
        let is_kept = max_bytes > 0 && !max_age.is_zero();
        let room = usize::try_from(max_bytes / USUAL_WEIGHT).unwrap_or(usize::MAX);
        Arc::new(Self {
            name,
            kept: is_kept.then(|| Cache::with_weighter(room, max_bytes, Weight)),
            max_age,
            invalidations: Arc::clone(invalidations),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        })
    }

    /// What `read` finds, or what it found for somebody else a moment ago, of which
    /// `shared` is what others may be shown. Of those who ask for the same at once, one
    /// reads and the others wait for it.
    pub(super) async fn get<T: From<V> + Send>(
        &self,
        key: &V::Key,
        shared: fn(&T) -> Option<&V>,
        read: impl Future<Output = Result<T, RepositoryError>> + Send,
    ) -> Result<T, RepositoryError> {
        let Some(kept) = &self.kept else {
            return read.await;
        };
        let asked = Instant::now();
        let place = loop {
            let entry = match kept.get_value_or_guard_async(key).await {
                Ok(entry) => entry,
                Err(place) => break place,
            };
            // A read that began after this one was asked for sees all that this one has to.
            let is_shown = entry.begun > asked || self.is_current(key, &entry);
            if !is_shown {
                kept.remove_if(key, |present| Arc::ptr_eq(present, &entry));
            }
            match &entry.found {
                Some(found) if is_shown => {
                    self.hits.fetch_add(1, Ordering::Relaxed);
                    return Ok(found.clone().into());
                }
                Some(_) => {}
                None => {
                    self.misses.fetch_add(1, Ordering::Relaxed);
                    return read.await;
                }
            }
        };
        self.misses.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let generation = self.invalidations.present();
        let outcome = read.await;
        let found = outcome.as_ref().ok().and_then(shared).cloned();
        let entry = Entry {
            begun,
            generation,
            weight: OVERHEAD + found.as_ref().map_or(0, Kept::weight),
            found,
        };
        let entry = Arc::new(entry);
        // What is too large to be kept is not; those who wait are shown it all the same.
        place.insert(Arc::clone(&entry)).ok();
        if outcome.is_err() {
            // For those who wait alone: whoever comes next may have more luck.
            kept.remove_if(key, |present| Arc::ptr_eq(present, &entry));
        }
        outcome
    }

    /// Whether what an entry holds may be shown to somebody who asked after its read
    /// began.
    fn is_current(&self, key: &V::Key, entry: &Entry<V>) -> bool {
        let is_written = |subject| {
            self.invalidations
                .is_written_since(&subject, entry.generation)
        };
        entry.begun.elapsed() < self.max_age
            && !V::subjects(key, entry.found.as_ref()).any(is_written)
    }

    pub(super) fn status(&self) -> CacheStatus {
        CacheStatus {
            name: self.name,
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            bytes: self.kept.as_ref().map_or(0, Cache::weight),
        }
    }
}

#[cfg(test)]
mod tests;
