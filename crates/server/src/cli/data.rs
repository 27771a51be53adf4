use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand};

use super::DatabaseFlags;
use super::examples::{COPY_EXAMPLES, PURGE_EXAMPLES, SEED_EXAMPLES};

/// What can be said with `hexpress seed`.
#[derive(Debug, Args)]
#[command(after_help = SEED_EXAMPLES)]
pub struct Seed {
    /// How many users, of all roles; the first three are an admin, a moderator and a
    /// user
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub users: u64,
    /// How many posts, in several languages, of every status
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    pub posts: u64,
    /// How many products, in several languages and currencies; some are not for sale
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub products: u64,
    /// How many orders, of these users, over these products, of every status
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u64).range(..=Seed::MAX_ORDERS))]
    pub orders: u64,
    /// What everything follows from: the same number makes the same rows
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub rng_seed: u64,
    /// Do it, though this is production
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub(super) database: DatabaseFlags,
}

impl Seed {
    /// The most orders: so many that no product runs out, whatever they hold.
    pub const MAX_ORDERS: u64 = 1_000_000;
}

/// What can be said with `hexpress db`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = false)]
pub struct Db {
    /// What to do
    #[command(subcommand)]
    pub action: DbAction,
}

/// What can be done with whole databases.
#[derive(Debug, Subcommand)]
pub enum DbAction {
    /// Copy everything from one database into another, empty one
    ///
    /// Between SQLite and PostgreSQL, either way. The source may be in use: it is read
    /// as it is at one moment. The target is migrated first. At the end all rows
    /// of both are compared. A target whose copy was broken off says so to whoever
    /// wants to use it.
    Copy(Copy),
}

/// What can be said with `hexpress db copy`.
#[derive(Debug, Args)]
#[command(after_help = COPY_EXAMPLES)]
pub struct Copy {
    /// Database to read: sqlite://PATH or postgres://user:password@host/name
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// Database to fill, which is empty or, with SQLite, not there yet
    #[arg(long, value_name = "URL")]
    pub to: String,
}

/// What can be said with `hexpress purge`.
#[derive(Debug, Args)]
#[command(after_help = PURGE_EXAMPLES)]
pub struct Purge {
    /// Remove what was deleted before this: a day (its begin, in UTC) or a time such as
    /// 2026-01-01T12:00:00Z
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub deleted_before: DateTime<Utc>,
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Do it, though this is no development database (needed unless APP_ENV is
    /// development)
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub(super) database: DatabaseFlags,
}

fn parse_date(text: &str) -> Result<DateTime<Utc>, &'static str> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(time.to_utc()),
        Err(_) => {
            Err("it is neither a day such as 2026-01-31 nor a time such as 2026-01-31T12:00:00Z")
        }
    }
}
