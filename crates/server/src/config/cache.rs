use hexpress_infra::cache::CacheOptions;

use super::{ConfigError, Reader};

/// What reads leave in memory.
#[derive(Debug, Clone, Copy)]
pub struct CacheConfig {
    /// How much, and for how long.
    pub options: CacheOptions,
}

impl CacheConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        const MEBIBYTE: u64 = 1024 * 1024;
        let max_bytes =
            reader.whole("CACHE_MAX_BYTES", 32 * MEBIBYTE, 0..=1024 * 1024 * MEBIBYTE)?;
        let max_age = reader.milliseconds("CACHE_MAX_AGE_MS", 500, 0)?;
        Ok(Self {
            options: CacheOptions { max_bytes, max_age },
        })
    }
}
