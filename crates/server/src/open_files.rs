//! How many files the process may open, and what it opens them for. A connection is one,
//! and the database needs some: its own come first.

use std::iter::{once, successors};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::info;

use crate::failure::Failure;

/// More than this are of no use: memory ends before.
const MOST_FILES: u64 = 65_536;

/// As many as macOS lets a process open (`OPEN_MAX`) where its hard limit is infinite.
const MACOS_FILES: u64 = 10_240;

/// Files that one connection to the database may need: SQLite's has a database, a log and
/// temporary ones.
const FILES_FOR_EACH_POOLED: usize = 4;

/// Files that are open for other things: standard streams, the runtime, listeners, metrics.
const OTHER_FILES: usize = 64;

/// How many connections are served at once, unless it is configured: an idle one costs some 18 KiB.
const MOST_CONNECTIONS: usize = 2048;

/// How many connections one address may have at least, unless it is configured or more than
/// half of all.
const LEAST_PER_ADDRESS: usize = 256;

/// How many connections are served at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionCounts {
    /// In all.
    pub max: usize,
    /// For each client address.
    pub per_address: usize,
}

/// Raises the soft limit of open files as far as the hard one and the system let it. Returns
/// how many files the process may open from now on.
pub fn raise_limit() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(MOST_FILES, |hard| hard.min(MOST_FILES));
    let soft = current.unwrap_or(MOST_FILES);
    let set = |files| {
        let current = Some(files);
        setrlimit(Resource::Nofile, Rlimit { current, maximum }).is_ok()
    };
    let files = raised(soft, wanted, set);
    if files < wanted {
        info!(
            files,
            wanted, "the system lets fewer files be open than wanted"
        );
    }
    usize::try_from(files).unwrap_or(usize::MAX)
}

/// The limit that `set` has taken, or else the soft one. Where the hard one is infinite, it
/// may still refuse what is more than the system has: macOS takes 10,240.
fn raised(soft: u64, wanted: u64, set: impl Fn(u64) -> bool) -> u64 {
    let halves = successors(Some(MACOS_FILES), |files| Some(files / 2));
    once(wanted)
        .chain(halves.filter(|files| *files < wanted))
        .take_while(|files| *files > soft)
        .find(|files| set(*files))
        .unwrap_or(soft)
}

impl ConnectionCounts {
    /// As many connections as are configured, or as fit: `files` may be open, those for
    /// `pooled` connections to the database among them.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] where more are configured than fit, [`Failure::Failed`] where none
    /// fits.
    pub fn fit(
        files: usize,
        pooled: usize,
        max: Option<usize>,
        per_address: Option<usize>,
    ) -> Result<Self, Failure> {
        let kept = pooled
            .saturating_mul(FILES_FOR_EACH_POOLED)
            .saturating_add(OTHER_FILES);
        let room = files.saturating_sub(kept);
        let why = format!(
            "the process may open {files} files, and {kept} are kept for the database and the rest"
        );
        if room == 0 {
            return Err(Failure::Failed(format!(
                "no connection fits: {why}\nLower DB_POOL_MAX, or let the process open more files \
                 (ulimit -n, LimitNOFILE)."
            )));
        }
        if let Some(max) = max.filter(|max| *max > room) {
            return Err(Failure::Usage(format!(
                "MAX_CONNECTIONS is `{max}`: expected at most {room}: {why}"
            )));
        }
        let max = max.unwrap_or_else(|| room.min(MOST_CONNECTIONS));
        let share = (max / 8).max(LEAST_PER_ADDRESS.min(max.div_ceil(2)));
        Ok(Self {
            max,
            per_address: per_address.unwrap_or(share),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(files: usize, max: Option<usize>) -> Option<(usize, usize)> {
        let counts = ConnectionCounts::fit(files, 20, max, None).ok()?;
        Some((counts.max, counts.per_address))
    }

    #[test]
    fn connections_leave_the_files_of_the_database_free() {
        assert_eq!(fit(1_000_000, None), Some((2048, 256)));
        assert_eq!(fit(1024, None), Some((880, 256)));
        assert_eq!(fit(244, None), Some((100, 50)));
        assert_eq!(fit(145, None), Some((1, 1)));
    }

    #[test]
    fn where_nothing_fits_the_message_names_what_would_help() {
        for max in [None, Some(1)] {
            assert_eq!(
                ConnectionCounts::fit(144, 20, max, None),
                Err(Failure::Failed(
                    "no connection fits: the process may open 144 files, and 144 are kept for the \
                     database and the rest\n\
                     Lower DB_POOL_MAX, or let the process open more files (ulimit -n, LimitNOFILE)."
                        .to_owned()
                ))
            );
        }
    }

    #[test]
    fn what_is_configured_must_fit() {
        assert_eq!(fit(1024, Some(880)), Some((880, 256)));
        assert_eq!(
            ConnectionCounts::fit(1024, 20, Some(881), None),
            Err(Failure::Usage(
                "MAX_CONNECTIONS is `881`: expected at most 880: the process may open 1024 files, \
                 and 144 are kept for the database and the rest"
                    .to_owned()
            ))
        );
        assert_eq!(fit(1_000_000, Some(20_000)), Some((20_000, 2500)));
    }

    #[test]
    fn what_the_system_refuses_is_tried_with_less() {
        for (most, soft, expected) in [
            (100_000, 256, 65_536),
            (10_240, 256, 10_240),
            (3000, 256, 2560),
            (3000, 2560, 2560),
            (0, 256, 256),
            (100_000, 65_536, 65_536),
        ] {
            assert_eq!(raised(soft, MOST_FILES, |files| files <= most), expected);
        }
        assert_eq!(raised(256, 4096, |files| files <= 3000), 2560);
    }

    #[test]
    fn the_limit_is_raised_to_the_hard_one() {
        let hard = getrlimit(Resource::Nofile).maximum;
        let files = raise_limit();
        let expected = hard.map_or(MOST_FILES, |hard| hard.min(MOST_FILES));
        assert!(u64::try_from(files).unwrap() >= expected);
    }
}
