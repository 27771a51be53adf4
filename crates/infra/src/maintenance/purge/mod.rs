//! The end of what was deleted: rows that were only marked go for good.
//!
//! This goes around the ports: it looks at all tables together, as migrations and copies
//! do. What identifies a person goes first, whatever may come between; then
//! what they wrote; and at last the rows of those to whom nothing refers any more.

mod batch;
mod persons;
mod rows;

use std::fmt;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use hexpress_database::{Database, Work};
use hexpress_domain::repository::RepositoryError;

use self::batch::{Counts, Cutoff, Done, Position, REST};
use self::persons::PERSONS;
use crate::schema::{TABLES, Table, search_tables};

/// What has been purged, or is there to be: the number of rows of each kind. `Display` is
/// for people: `1 users, 2 posts, 1 old slugs and 1 products`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purged(Counts);

impl Purged {
    fn nothing() -> Self {
        let tables = TABLES.iter().filter_map(|table| table.purged_as);
        Self(
            [PERSONS]
                .into_iter()
                .chain(tables)
                .map(|of| (of, 0))
                .collect(),
        )
    }

    /// The number of rows of all kinds.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    fn add(&mut self, counts: Counts) {
        for (label, count) in counts {
            let same = self.0.iter_mut().filter(|(of, _)| *of == label);
            same.for_each(|(_, sum)| *sum += count);
        }
    }
}

impl fmt::Display for Purged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.len().saturating_sub(1);
        for (index, (label, count)) in self.0.iter().enumerate() {
            let comma = match index {
                0 => "",
                _ if index == last => " and ",
                _ => ", ",
            };
            write!(f, "{comma}{count} {label}")?;
        }
        Ok(())
    }
}

/// The tables in which deletions mark rows, each before those that it refers to.
fn marked() -> impl Iterator<Item = Table> {
    TABLES.iter().rev().copied().filter(|table| table.is_marked)
}

/// What a purge does, one after the other.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Takes persons out of their rows.
    Forget,
    /// Removes rows of a table.
    Remove(Table),
}

/// Does a part of a step in one transaction, and says how long its statements took: neither the
/// wait for a connection nor that for the lock of SQLite's file counts. `None` if there is
/// nothing left to do.
const BATCH: Work<(Step, Cutoff, Position), Option<(Done, Duration)>> =
    |connection, &(step, cutoff, position)| {
        Box::pin(async move {
            let begun = Instant::now();
            let done = match step {
                Step::Forget => persons::forget(connection, cutoff, position).await?,
                Step::Remove(table) => {
                    rows::remove(connection, table, cutoff.before, position).await?
                }
            };
            Ok(done.map(|done| (done, begun.elapsed())))
        })
    };

/// Removes for good what was deleted.
#[derive(Clone)]
pub struct Purger {
    database: Database,
}

impl Purger {
    /// From this database, whose migrations have been run.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// What there is to be purged of what was deleted before this time. Changes nothing.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`] and [`RepositoryError::Internal`].
    pub async fn count(&self, before: DateTime<Utc>) -> Result<Purged, RepositoryError> {
        let cutoff = Cutoff { before, at: before };
        // Which has no limit on statements.
        let mut snapshot = self.database.snapshot().await?;
        snapshot
            .read(&cutoff, |connection, cutoff| {
                Box::pin(async move {
                    let mut purged = Purged::nothing();
                    let persons = persons::count(connection, cutoff).await?;
                    purged.add(vec![(PERSONS, persons)]);
                    for table in marked() {
                        purged.add(rows::count(connection, table, cutoff.before).await?);
                    }
                    Ok(purged)
                })
            })
            .await
    }

    /// Purges what was deleted before this time, in short transactions between which others
    /// write, and tells `watch` after each what has been purged so far. What is restored
    /// meanwhile stays. One that was broken off is finished by the next.
    ///
    /// A user's row of which something else must go on to speak stays, and says
    /// nothing of the person.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`] and [`RepositoryError::Internal`]; what was
    /// purged before stays so.
    pub async fn run(
        &self,
        before: DateTime<Utc>,
        at: DateTime<Utc>,
        watch: &mut (dyn FnMut(&Purged) + Send),
    ) -> Result<Purged, RepositoryError> {
        let mut purged = Purged::nothing();
        let cutoff = Cutoff { before, at };
        for step in [Step::Forget].into_iter().chain(marked().map(Step::Remove)) {
            let mut position = Position::start();
            let batch = |position| self.database.maintain((step, cutoff, position), BATCH);
            while let Some((done, taken)) = batch(position).await? {
                position = position.after(&done, taken);
                purged.add(done.counts);
                watch(&purged);
                // PostgreSQL has others write at the same time.
                if self.database.url().is_sqlite() {
                    tokio::time::sleep(REST).await;
                }
            }
        }
        self.database.erase_removed(search_tables()).await?;
        Ok(purged)
    }
}

#[cfg(test)]
mod tests;
