use hexpress_infra::cache::CacheOptions;

use super::reader::Reader;
use super::{ConfigError, Setting};

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
        reader.section("Memory");
        const MEBIBYTE: u64 = 1024 * 1024;
        let max_bytes = reader.whole(
            Setting::new(
                "CACHE_MAX_BYTES",
                "how much is kept in memory, about: half of it what was read, half the answers that \
                 show it; 0 is nothing",
            ),
            32 * MEBIBYTE,
            0..=1024 * 1024 * MEBIBYTE,
        )?;
        let max_age = reader.milliseconds(
            Setting::new(
                "CACHE_MAX_AGE_MS",
                "how old what readers are shown may be where another process wrote, counted from \
                 the beginning of its read; 0 keeps nothing. What is known of a caller is never \
                 kept longer than 100 ms",
            ),
            500,
            0,
        )?;
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
