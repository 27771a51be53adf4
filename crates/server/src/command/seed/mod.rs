//! Fills a database with data that looks real.

mod goods;
mod people;
mod prose;
mod words;
mod world;

use std::process::ExitCode;
use std::time::Duration;

use hexpress_domain::auth::PasswordHasher;
use hexpress_domain::product::StockChangeError;
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::Password;
use hexpress_infra::security::Argon2Hasher;
use hexpress_infra::seed::{SEED_BATCH, Seeder};
use tokio::sync::mpsc;

use self::world::{Fault, World};
use super::progress::Progress;
use super::{PASSWORD_VARIABLE, confirm, lasting_database, password_variable, print};
use crate::cli::Seed;
use crate::config::{AppEnv, Config, Sources};
use crate::failure::Failure;
use crate::wiring::Store;

/// The password of made-up users where nobody has chosen one. It is as good as none, so
/// that production takes none but a chosen one.
const DEFAULT_PASSWORD: &str = "correct horse";

/// How many batches are made before they are stored.
const BATCHES_AHEAD: usize = 2;

/// Adds what is not there yet of all that a seed makes.
pub async fn run(config: &Config, seed: &Seed, sources: &Sources) -> Result<ExitCode, Failure> {
    let database = lasting_database(config)?;
    if config.app_env == AppEnv::Production {
        confirm(
            config,
            seed.yes,
            "`seed` adds made-up data, with an admin whose password it prints",
        )?;
    }
    let password = match password_variable(sources)? {
        None if config.app_env == AppEnv::Production => {
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
    let hasher = Argon2Hasher::new(&config.auth.argon2).map_err(|error| Failure::of(&error))?;
    let hash = hasher
        .hash(checked)
        .await
        .map_err(|error| Failure::of(&error))?;
    let world = World::new(seed.rng_seed, seed.users, seed.products, hash);
    let seeder = Seeder::new(store.database.clone());
    let added = fill_all(seed, &world, &seeder).await?;
    seeder.finish().await;
    store.database.close(Duration::MAX).await;

    for (what, count, added) in added {
        print(&format!(
            "{what}: {added} added, {} were there\n",
            count - added
        ))?;
    }
    print(&logins(&world, seed.users, password)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Stores all that a seed makes, each kind behind those that it refers to. Returns of
/// each how many were wanted, and how many were not there yet.
async fn fill_all(
    seed: &Seed,
    world: &World,
    seeder: &Seeder,
) -> Result<[(&'static str, u64, u64); 4], Failure> {
    let made = world.clone();
    let users = fill(
        "users",
        seed.users,
        move |number| made.user(number),
        async |batch| seeder.users(batch).await,
    )
    .await?;
    let made = world.clone();
    let posts = fill(
        "posts",
        seed.posts,
        move |number| made.post(number),
        async |batch| seeder.posts(batch).await,
    )
    .await?;
    let made = world.clone();
    let products = fill(
        "products",
        seed.products,
        move |number| made.product(number),
        async |batch| seeder.products(batch).await,
    )
    .await?;
    let made = world.clone();
    let orders = fill(
        "orders",
        seed.orders,
        move |number| made.order(number),
        async |batch| seeder.orders(batch).await,
    )
    .await?;
    Ok([
        ("users", seed.users, users),
        ("posts", seed.posts, posts),
        ("products", seed.products, products),
        ("orders", seed.orders, orders),
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
