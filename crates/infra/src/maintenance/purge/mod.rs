//! The end of what was deleted: rows that were only marked go for good.
//!
//! This goes around the ports: it looks at all tables together, as migrations and copies
//! do. What identifies a person goes first, whatever may come between; then
//! what they wrote; and at last the rows of those to whom nothing refers any more.

mod batch;
mod posts;
mod products;
mod users;

use chrono::{DateTime, Utc};
use hexpress_database::{Database, Work};
use hexpress_domain::repository::RepositoryError;

use self::batch::Cutoff;
use crate::schema::search_tables;

/// What has been purged, or is there to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Users whose email, name and password are no longer there.
    pub users: u64,
    /// Posts, with their views.
    pub posts: u64,
    /// Old slugs that led to these posts.
    pub slug_redirects: u64,
    /// Products of which no order speaks.
    pub products: u64,
}

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
        self.database
            .read(before, |connection, &before| {
                Box::pin(async move {
                    let (posts, slug_redirects) = posts::count(connection, before).await?;
                    Ok(Purged {
                        users: users::count(connection, before).await?,
                        posts,
                        slug_redirects,
                        products: products::count(connection, before).await?,
                    })
                })
            })
            .await
    }

    /// Purges what was deleted before this time, in transactions of a few hundred rows. What
    /// is restored meanwhile stays. One that was broken off is finished by the next.
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
    ) -> Result<Purged, RepositoryError> {
        let cutoff = Cutoff { before, at };
        let mut purged = Purged::default();
        self.each(
            cutoff,
            |connection, cutoff| Box::pin(users::forget(connection, cutoff)),
            |count| {
                purged.users += count;
            },
        )
        .await?;
        self.each(
            cutoff,
            |connection, cutoff| Box::pin(posts::remove(connection, cutoff.before)),
            |(posts, slug_redirects)| {
                purged.posts += posts;
                purged.slug_redirects += slug_redirects;
            },
        )
        .await?;
        self.each(
            cutoff,
            |connection, cutoff| Box::pin(products::remove(connection, cutoff.before)),
            |count| {
                purged.products += count;
            },
        )
        .await?;
        self.each(
            cutoff,
            |connection, cutoff| Box::pin(users::remove(connection, cutoff)),
            |_| {},
        )
        .await?;
        self.database.erase_removed(search_tables()).await?;
        Ok(purged)
    }

    /// Does the work until there is nothing left to do: `None` says so.
    async fn each<T: Send + 'static>(
        &self,
        cutoff: Cutoff,
        batch: Work<Cutoff, Option<T>>,
        mut count: impl FnMut(T),
    ) -> Result<(), RepositoryError> {
        while let Some(done) = self.database.write(cutoff, batch).await? {
            count(done);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
