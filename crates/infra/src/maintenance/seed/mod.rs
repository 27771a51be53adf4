//! Rows in bulk, for data that is made up.
//!
//! This goes around the ports on purpose: they store one thing in one transaction,
//! with the locks and looks that races between people ask for. What comes here
//! is made of the domain's own values, so that nothing invalid gets in, but
//! its slugs and emails have to be free by the way in which they are made.

mod insert;
mod orders;
mod rows;

use diesel_async::RunQueryDsl;
use hexpress_database::sql::StoredId;
use hexpress_database::{Connection, Database, Failure, on_backend};
use hexpress_domain::order::Order;
use hexpress_domain::product::Product;
use hexpress_domain::repository::RepositoryError;

pub use rows::{SeedPost, SeedUser};

use self::insert::{insert, only};
use crate::post::Addition;
use crate::schema::{POST_TEXTS, POSTS, PRODUCTS, STOCK_MOVEMENTS, USERS, growing};

/// How many rows go into one statement at best: many, but so few that one
/// stays within the limits on statements and on the values bound to them.
pub const SEED_BATCH: usize = 500;

/// Stores rows in bulk.
#[derive(Clone)]
pub struct Seeder {
    database: Database,
}

impl Seeder {
    /// Into this database, whose migrations have been run.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores those users whose ids are not there yet, in one transaction, and
    /// returns how many these were. At most [`SEED_BATCH`] at a time.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Duplicate`] where another user has one of the emails.
    pub async fn users(&self, batch: Vec<SeedUser>) -> Result<usize, RepositoryError> {
        self.database
            .write(batch, |connection, batch| {
                Box::pin(insert_users(connection, batch))
            })
            .await
    }

    /// Stores those posts whose ids are not there yet, with their views, in one
    /// transaction, and returns how many these were. At most [`SEED_BATCH`] at a
    /// time.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Duplicate`] where another live post has one of the slugs.
    pub async fn posts(&self, batch: Vec<SeedPost>) -> Result<usize, RepositoryError> {
        self.database
            .write(batch, |connection, batch| {
                Box::pin(insert_posts(connection, batch))
            })
            .await
    }

    /// Stores those products whose ids are not there yet, with their stock and its
    /// first entry in the ledger, in one transaction, and returns how many these
    /// were. At most [`SEED_BATCH`] at a time.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`] and [`RepositoryError::Internal`].
    pub async fn products(&self, batch: Vec<Product>) -> Result<usize, RepositoryError> {
        self.database
            .write(batch, |connection, batch| {
                Box::pin(insert_products(connection, batch))
            })
            .await
    }

    /// Stores those orders whose ids are not there yet, with their lines, in one
    /// transaction, and returns how many these were: they take their pieces from
    /// stock and, where they are cancelled, give them back, and the ledger
    /// says so. Their users and products have to be there. At most [`SEED_BATCH`] at
    /// a time.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Refused`] with [`StockChangeError::Short`] where there are fewer
    /// pieces of a product.
    ///
    /// [`StockChangeError::Short`]: hexpress_domain::product::StockChangeError::Short
    pub async fn orders(&self, batch: Vec<Order>) -> Result<usize, RepositoryError> {
        self.database
            .write(batch, |connection, batch| {
                Box::pin(orders::add(connection, batch))
            })
            .await
    }

    /// Has the database take note of all that has come, so that it is read quickly from the
    /// beginning. Where that fails, it is logged: the rows are there all the same.
    pub async fn finish(&self) {
        self.database.gather_statistics(growing()).await;
    }
}

async fn insert_users(connection: &mut Connection, batch: &[SeedUser]) -> Result<usize, Failure> {
    let rows = batch.iter().map(rows::user).collect();
    Ok(insert(connection, USERS, rows).await?.len())
}

async fn insert_posts(connection: &mut Connection, batch: &[SeedPost]) -> Result<usize, Failure> {
    let rows = batch.iter().map(rows::post).collect();
    let added = insert(connection, POSTS, rows).await?;
    // The texts and the counts of those that were there are their authors' and readers' own.
    let new = only(batch, &added, |seed| seed.post.id);
    let texts = new.iter().copied().map(rows::text).collect();
    insert(connection, POST_TEXTS, texts).await?;
    let views: Vec<_> = new
        .into_iter()
        .filter(|seed| seed.views > 0)
        .map(|seed| (StoredId::from(seed.post.id), i64::from(seed.views)))
        .collect();
    if !views.is_empty() {
        on_backend!(connection, |c| Addition(views).execute(c).await?);
    }
    Ok(added.len())
}

async fn insert_products(connection: &mut Connection, batch: &[Product]) -> Result<usize, Failure> {
    let rows = batch.iter().map(rows::product).collect();
    let added = insert(connection, PRODUCTS, rows).await?;
    let movements = only(batch, &added, |product| product.id)
        .into_iter()
        .map(rows::creation)
        .collect();
    insert(connection, STOCK_MOVEMENTS, movements).await?;
    Ok(added.len())
}
