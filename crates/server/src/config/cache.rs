use hexpress_infra::cache::CacheOptions;

use super::{ConfigError, Reader};

/// What reads leave in memory.
#[derive(Debug, Clone, Copy)]
pub struct CacheConfig {
    /// How much of what was read, and for how long.
    pub options: CacheOptions,
    /// How many bytes of rendered answers are kept; 0 keeps nothing.
    pub max_rendered_bytes: u64,
}

impl CacheConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        const MEBIBYTE: u64 = 1024 * 1024;
        let max_bytes =
            reader.whole("CACHE_MAX_BYTES", 32 * MEBIBYTE, 0..=1024 * 1024 * MEBIBYTE)?;
        let max_age = reader.milliseconds("CACHE_MAX_AGE_MS", 500, 0)?;
        // An answer is about as long as what it shows.
        let max_rendered_bytes = max_bytes / 2;
        Ok(Self {
            options: CacheOptions {
                max_bytes: max_bytes - max_rendered_bytes,
                max_age,
            },
            max_rendered_bytes,
        })
    }
}
