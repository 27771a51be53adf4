/// What of one kind is kept, and how often it was of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheStatus {
    /// The kind.
    pub name: &'static str,
    /// Reads that were answered from memory.
    pub hits: u64,
    /// Reads that were not.
    pub misses: u64,
    /// How many bytes are kept, about.
    pub bytes: u64,
}
