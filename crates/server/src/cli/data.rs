use clap::Args;

use super::DatabaseFlags;

/// What can be said with `hexpress seed`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hexpress seed
  hexpress seed --users 1000 --posts 100000
  hexpress seed --rng-seed 2            other data, beside what is there")]
pub struct Seed {
    /// How many users, of all roles; the first three are an admin, a moderator and a
    /// user
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub users: u64,
    /// How many posts, in several languages, of every status
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    pub posts: u64,
    /// What everything follows from: the same number makes the same rows
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub rng_seed: u64,
    /// Do it, though this is production
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub(super) database: DatabaseFlags,
}
