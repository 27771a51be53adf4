//! A port of Hexpress over a JSON file: counters of guesses at passwords that outlive a
//! restart of the one process that counts.
//!
//! `tests/promises.rs` proves it, and is what any adapter needs to be proven.

#![deny(missing_docs)]

mod windows;

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::auth::{LoginAttempt, LoginGuard, Reservation};
use hexpress_domain::repository::RepositoryError;

use windows::{Windows, limits};

/// A [`LoginGuard`] that keeps its counters in memory and in a file, which it replaces
/// with every change. The file is this guard's alone while it is open.
///
/// The file holds email and IP addresses in clear: who may read it learns who tried to
/// log in within the last hour.
#[derive(Clone)]
pub struct JsonFileLoginGuard {
    limit_per_minute: u32,
    counters: Arc<Counters>,
}

struct Counters {
    path: PathBuf,
    windows: Mutex<Windows>,
}

impl JsonFileLoginGuard {
    /// Reads the counters of a file, or begins with none where there is no such file.
    ///
    /// `limit_per_minute` is for each pair of email and address; five times it for each
    /// address; ten times it in an hour for each email. 0 is no limit.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or is no file of counters.
    pub fn open(path: PathBuf, limit_per_minute: u32) -> io::Result<Self> {
        let windows = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Windows::default(),
            Err(error) => return Err(error),
        };
        let windows = Mutex::new(windows);
        Ok(Self {
            limit_per_minute,
            counters: Arc::new(Counters { path, windows }),
        })
    }

    /// Does this to the counters, away from the threads that serve requests. It happens even
    /// when nobody waits for it any more.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Counters) -> io::Result<T> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        let counters = Arc::clone(&self.counters);
        match tokio::task::spawn_blocking(move || work(&counters)).await {
            Ok(outcome) => outcome.map_err(|error| RepositoryError::Unavailable(error.into())),
            Err(panic) => Err(RepositoryError::Internal(panic.into())),
        }
    }

    /// Ends the flight of a guess, with this many failures.
    async fn land(&self, attempt: LoginAttempt, failures: u32) {
        let limits = limits(&attempt, self.limit_per_minute);
        let landed = self.run(move |counters| {
            counters.change(|windows| windows.land(&limits, attempt.at, failures))
        });
        if let Err(error) = landed.await {
            let cause = error.source().map(ToString::to_string);
            tracing::warn!(%error, cause, "a guess stays in flight");
        }
    }
}

/// What was decided of a guess, until its caller is told. Dropped before that, since the caller
/// has gone, one that was granted is abandoned.
struct Untold {
    guard: JsonFileLoginGuard,
    attempt: LoginAttempt,
    reservation: Reservation,
    is_told: bool,
}

impl Untold {
    fn tell(mut self) -> Reservation {
        self.is_told = true;
        self.reservation
    }
}

impl Drop for Untold {
    fn drop(&mut self) {
        let is_granted = matches!(self.reservation, Reservation::Granted { .. });
        if is_granted && !self.is_told {
            self.guard.abandon(self.attempt.clone());
        }
    }
}

impl Counters {
    /// Changes the counters, in memory and in the file or in neither.
    fn change<T>(&self, change: impl FnOnce(&mut Windows) -> T) -> io::Result<T> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = windows.clone();
        let outcome = change(&mut changed);
        if changed != *windows {
            self.write(&changed)?;
            *windows = changed;
        }
        Ok(outcome)
    }

    /// Writes another file and gives it the name: whoever reads finds the old counters
    /// or the new ones, and nothing half written.
    fn write(&self, windows: &Windows) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(windows)?)?;
        file.sync_all()?;
        fs::rename(new, &self.path)
    }
}

#[async_trait]
impl LoginGuard for JsonFileLoginGuard {
    async fn reserve(&self, attempt: LoginAttempt) -> Result<Reservation, RepositoryError> {
        if self.limit_per_minute == 0 {
            return Ok(Reservation::Granted { at: attempt.at });
        }
        let limits = limits(&attempt, self.limit_per_minute);
        let guard = self.clone();
        let counted = self.run(move |counters| {
            let reservation = counters.change(|windows| windows.count(limits, attempt.at))?;
            Ok(Untold {
                guard,
                attempt,
                reservation,
                is_told: false,
            })
        });
        counted.await.map(Untold::tell)
    }

    async fn release(&self, attempt: LoginAttempt) {
        self.land(attempt, 0).await;
    }

    async fn fail(&self, attempt: LoginAttempt) {
        self.land(attempt, 1).await;
    }

    fn abandon(&self, attempt: LoginAttempt) {
        let guard = self.clone();
        tokio::spawn(async move { guard.land(attempt, 1).await });
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.run(move |counters| counters.change(|windows| windows.sweep(now)))
            .await
    }
}
