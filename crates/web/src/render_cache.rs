//! The render cache: the bytes of answers to reads, kept for others who are shown the
//! same value.

use std::any::Any;
use std::sync::{Arc, Weak};

use axum::body::Bytes;
use hexpress_domain::list::PageRequest;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::cursor::Fingerprint;
use crate::etag::EntityTag;

/// About what an entry takes beside the bytes of its answer: its key, its tag, and the
/// memory of a value that nobody holds any more.
const OVERHEAD: usize = 1024;
/// A guess, high on purpose. The memory is divided among shards, each with room for 32 of
/// these at least, and what is larger than a shard is not kept.
const USUAL_WEIGHT: u64 = 32 * 1024;

/// An answer to a read, as it is sent.
#[derive(Clone)]
pub(crate) struct Rendered {
    pub(crate) body: Bytes,
    /// `None` for lists.
    pub(crate) tag: Option<EntityTag>,
}

/// Keeps rendered answers within a bound of bytes. Clones are the same cache; the default
/// one keeps nothing.
///
/// It tells values apart by their identity, not by what they say: two reads share an answer
/// only if both were given the same [`Arc`]. So it helps where the readers of the domain
/// hand out one `Arc` to many, as caching adapters do, and nothing in it grows too old.
#[derive(Clone, Default)]
pub struct RenderCache {
    /// `None` where nothing is to be kept.
    entries: Option<Arc<Entries>>,
}

type Entries = Cache<Key, Entry, Weight>;

/// All that the bytes of an answer depend on.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    /// Where the value stands in memory.
    address: usize,
    /// Which part of which list it is, if it is a page.
    part: Option<(PageRequest, Fingerprint)>,
}

#[derive(Clone)]
struct Entry {
    rendered: Rendered,
    /// No other value can come to stand at the address while this is here. So whoever
    /// holds a value whose address has an entry holds the value of that entry.
    _value: Weak<dyn Any + Send + Sync>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Entry> for Weight {
    fn weight(&self, _: &Key, entry: &Entry) -> u64 {
        let bytes = entry.rendered.body.len().saturating_add(OVERHEAD);
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

impl RenderCache {
    /// Keeps at most about `max_bytes` of answers; 0 keeps nothing.
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        let room = usize::try_from(max_bytes / USUAL_WEIGHT).unwrap_or(usize::MAX);
        let entries = || Arc::new(Cache::with_weighter(room, max_bytes, Weight));
        Self {
            entries: (max_bytes > 0).then(entries),
        }
    }

    /// How many bytes are kept, about.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.entries.as_ref().map_or(0, |entries| entries.weight())
    }

    /// The answer that shows `value`, from memory where it is kept. `part` is what the
    /// answer depends on beside the value: for a page, the request and the list that its
    /// cursors are of. Those who ask for the same at once may all render it: a thread that
    /// waits for another would serve nobody meanwhile.
    ///
    /// A value that nobody else holds is rendered and not kept: nobody will ask again.
    ///
    /// # Errors
    ///
    /// Those of `render`, of which nothing is kept.
    pub(crate) fn get_or_render<T: Send + Sync + 'static, E>(
        &self,
        value: &Arc<T>,
        part: Option<(&PageRequest, &Fingerprint)>,
        render: impl FnOnce(&T) -> Result<Rendered, E>,
    ) -> Result<Rendered, E> {
        let is_shared = Arc::strong_count(value) > 1;
        let Some(entries) = self.entries.as_ref().filter(|_| is_shared) else {
            return render(value);
        };
        let key = Key {
            address: Arc::as_ptr(value).addr(),
            part: part.map(|(request, list)| (request.clone(), list.clone())),
        };
        if let Some(entry) = entries.get(&key) {
            return Ok(entry.rendered);
        }
        let Rendered { body, tag } = render(value)?;
        let rendered = Rendered {
            // The memory that a serializer has reserved may be twice what it has filled.
            body: Bytes::copy_from_slice(&body),
            tag,
        };
        let entry = Entry {
            rendered: rendered.clone(),
            _value: Arc::<T>::downgrade(value),
        };
        entries.insert(key, entry);
        Ok(rendered)
    }
}

#[cfg(test)]
mod tests;
