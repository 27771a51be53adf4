use std::process::ExitCode;
use std::time::Duration;

use hexpress_domain::clock::Clock;
use hexpress_infra::maintenance::purge::{Purged, Purger};
use hexpress_infra::security::SystemClock;

use super::{confirm, lasting_database, print};
use crate::cli::Purge;
use crate::config::{AppEnv, Config};
use crate::failure::Failure;
use crate::wiring::Store;

/// Removes for good what was deleted, or says what that would be.
pub async fn run(config: &Config, purge: &Purge) -> Result<ExitCode, Failure> {
    let database = lasting_database(config)?;
    let now = SystemClock.now();
    if purge.deleted_before > now {
        return Err(Failure::Usage(
            "--deleted-before lies in the future\nName a time that has been.".to_owned(),
        ));
    }
    if !purge.dry_run && config.app_env != AppEnv::Development {
        confirm(config, purge.yes, "`purge` removes data for good")?;
    }
    let store = Store::open_migrated(&database).await?;
    let purger = Purger::new(store.database.clone());
    let purged = if purge.dry_run {
        purger.count(purge.deleted_before).await
    } else {
        purger.run(purge.deleted_before, now).await
    };
    let purged = purged.map_err(|error| Failure::of(&error))?;
    store.database.close(Duration::MAX).await;
    print(&told(purged, purge.dry_run))?;
    Ok(ExitCode::SUCCESS)
}

fn told(purged: Purged, is_dry_run: bool) -> String {
    let Purged {
        users,
        posts,
        kept_slugs,
        products,
    } = purged;
    let verb = if is_dry_run {
        "would remove"
    } else {
        "removed"
    };
    format!("{verb} {users} users, {posts} posts, {kept_slugs} old slugs and {products} products\n")
}
