//! Fills a database with data that looks real.

mod goods;
mod people;
mod prose;
mod words;
mod world;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hexpress_domain::auth::PasswordHasher;
use hexpress_domain::product::StockChangeError;
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::Password;
use hexpress_infra::maintenance::seed::{SEED_BATCH, Seeder};
use hexpress_infra::security::Argon2Hasher;
use tokio::sync::mpsc;

use self::world::{Fault, World};
use super::flags::{OfDatabase, SettingFlags};
use super::output::{Progress, print};
use super::password::{PASSWORD_VARIABLE, password_variable};
use crate::config::{AppEnv, Flags};
use crate::failure::Failure;
use crate::program::Program;
use crate::wiring::Store;

/// The password of made-up users where nobody has chosen one. It is as good as none, so
/// that production takes none but a chosen one.
const DEFAULT_PASSWORD: &str = "correct horse";

const USUAL_POSTS: u64 = 500;
const USUAL_ORDERS: u64 = 300;

/// How many batches are made before they are stored.
const BATCHES_AHEAD: usize = 2;

const EXAMPLES: &str = "\
Examples:
  hexpress seed
  hexpress seed --users 1000 --posts 100000
  hexpress seed --products 500 --orders 20000
  hexpress seed --rng-seed 2            other data, beside what is there";

/// Fill the database with data that looks real
///
/// The same --rng-seed makes the same rows: a second run adds what is not there yet,
/// and changes nothing. All users have one password, HEXPRESS_PASSWORD or a
/// usual one, which is printed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Seed {
    /// How many users, of all roles; the first three are an admin, a moderator and a
    /// user
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(..=10_000_000))]
    users: u64,
    /// How many posts, in several languages, of every status [default: 500, without users 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    posts: Option<u64>,
    /// How many products, in several languages and currencies; some are not for sale
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=1_000_000))]
    products: u64,
    /// How many orders, of these users, over these products, of every status [default: 300,
    /// without users or products 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=Seed::MAX_ORDERS))]
    orders: Option<u64>,
    /// What everything follows from: the same number makes the same rows
    #[arg(long, value_name = "S", default_value_t = 1)]
    rng_seed: u64,
    /// Do it, though this is production
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    database: SettingFlags<OfDatabase>,
}

impl Seed {
    /// The most orders: so many that no product runs out, whatever they hold.
    pub const MAX_ORDERS: u64 = 1_000_000;

    pub fn flags(&self) -> Flags {
        self.database.given()
    }

    /// How many posts and orders, which refer to users and products of the same seed.
    fn dependents(&self) -> Result<(u64, u64), Failure> {
        let has_users = self.users > 0;
        let has_shop = has_users && self.products > 0;
        for (wanted, is_possible, needs) in [
            (self.posts, has_users, "posts need --users"),
            (self.orders, has_shop, "orders need --users and --products"),
        ] {
            if wanted.is_some_and(|count| count > 0) && !is_possible {
                return Err(Failure::Usage(format!("{needs} of at least 1")));
            }
        }
        let count = |wanted: Option<u64>, usual, is_possible| {
            wanted.unwrap_or(if is_possible { usual } else { 0 })
        };
        Ok((
            count(self.posts, USUAL_POSTS, has_users),
            count(self.orders, USUAL_ORDERS, has_shop),
        ))
    }

    /// Adds what is not there yet of all that a seed makes.
    pub async fn run(self, program: &Program) -> Result<ExitCode, Failure> {
        let (posts, orders) = self.dependents()?;
        let database = program.lasting_database()?;
        if program.config.app_env == AppEnv::Production {
            program.confirm(
                self.yes,
                "`seed` adds made-up data, with an admin whose password it prints",
            )?;
        }
        let password = match password_variable(&program.sources)? {
            None if program.config.app_env == AppEnv::Production => {
                return Err(Failure::Usage(format!(
                    "the usual password of made-up users is known to everybody, and APP_ENV is \
                     production\nSet {PASSWORD_VARIABLE} to one that is not."
                )));
            }
            chosen => chosen.unwrap_or(DEFAULT_PASSWORD),
        };
        let checked: Password = password
            .parse()
            .map_err(|error| Failure::Usage(format!("{PASSWORD_VARIABLE}: {error}")))?;
        let store = Store::open_migrated(&database).await?;
        let hasher =
            Argon2Hasher::new(&program.config.auth.argon2).map_err(|error| Failure::of(&error))?;
        let hash = hasher
            .hash(checked)
            .await
            .map_err(|error| Failure::of(&error))?;
        let world = World::new(self.rng_seed, self.users, self.products, hash);
        let seeder = Seeder::new(store.database.clone());
        let counts = [self.users, posts, self.products, orders];
        let added = fill_all(counts, &world, &seeder).await?;
        seeder.finish().await;
        store.database.close(Duration::MAX).await;

        for (what, count, added) in added {
            print(&format!(
                "{what}: {added} added, {} were there\n",
                count - added
            ))?;
        }
        if self.users > 0 {
            print(&logins(&world, self.users, password)?)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Stores so many users, posts, products and orders, each kind behind those that it refers
/// to. Returns of each how many were wanted, and how many were not there yet.
async fn fill_all(
    [user_count, post_count, product_count, order_count]: [u64; 4],
    world: &World,
    seeder: &Seeder,
) -> Result<[(&'static str, u64, u64); 4], Failure> {
    let made = world.clone();
    let users = fill(
        "users",
        user_count,
        move |number| made.user(number),
        async |batch| seeder.users(batch).await,
    )
    .await?;
    let made = world.clone();
    let posts = fill(
        "posts",
        post_count,
        move |number| made.post(number),
        async |batch| seeder.posts(batch).await,
    )
    .await?;
    let made = world.clone();
    let products = fill(
        "products",
        product_count,
        move |number| made.product(number),
        async |batch| seeder.products(batch).await,
    )
    .await?;
    let made = world.clone();
    let orders = fill(
        "orders",
        order_count,
        move |number| made.order(number),
        async |batch| seeder.orders(batch).await,
    )
    .await?;
    Ok([
        ("users", user_count, users),
        ("posts", post_count, posts),
        ("products", product_count, products),
        ("orders", order_count, orders),
    ])
}

/// Who may log in, and with what.
fn logins(world: &World, users: u64, password: &str) -> Result<String, Failure> {
    let mut text = String::from("Log in as\n");
    for number in 0..users.min(3) {
        let user = world.user(number).map_err(refused)?.user;
        text.push_str(&format!("  {} ({})\n", user.email, user.role));
    }
    text.push_str(&format!("with the password: {password}\n"));
    Ok(text)
}

/// Makes so many things and stores them, batch by batch: while one is stored, the
/// next are made. Returns how many were not there yet.
async fn fill<T: Send + 'static>(
    what: &str,
    total: u64,
    make: impl Fn(u64) -> Result<T, Fault> + Send + 'static,
    store: impl AsyncFn(Vec<T>) -> Result<usize, RepositoryError>,
) -> Result<u64, Failure> {
    let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
    tokio::task::spawn_blocking(move || {
        for start in (0..total).step_by(SEED_BATCH) {
            let numbers = (start..total).take(SEED_BATCH);
            let batch: Result<Vec<T>, Fault> = numbers.map(&make).collect();
            // Whoever stores them has given up.
            if sender.blocking_send(batch).is_err() {
                return;
            }
        }
    });
    let mut progress = Progress::start(what, total);
    let mut added = 0;
    while let Some(batch) = batches.recv().await {
        let batch = batch.map_err(refused)?;
        let count = u64::try_from(batch.len()).unwrap_or_default();
        let stored = store(batch).await.map_err(|error| explain(&error))?;
        added += u64::try_from(stored).unwrap_or_default();
        progress.advance(count);
    }
    Ok(added)
}

fn refused(fault: Fault) -> Failure {
    Failure::Failed(format!("made-up data breaks a rule: {fault}"))
}

fn explain(error: &RepositoryError) -> Failure {
    match error {
        RepositoryError::Duplicate { .. } => Failure::Failed(
            "a row that is there has an email or a slug of this seed, and another id\n\
             Choose another --rng-seed."
                .to_owned(),
        ),
        RepositoryError::Refused(refusal) => match refusal.downcast_ref() {
            Some(StockChangeError::Short { available }) => Failure::Failed(format!(
                "of a product of this seed there are {available} pieces left, fewer than more \
                 orders take\nPut more into stock, or choose another --rng-seed."
            )),
            _ => Failure::of(error),
        },
        error => Failure::of(error),
    }
}
