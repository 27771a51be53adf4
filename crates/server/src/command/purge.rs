use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;
use hexpress_domain::clock::Clock;
use hexpress_infra::maintenance::purge::{Purged, Purger};
use hexpress_infra::security::SystemClock;

use super::flags::{OfDatabase, SettingFlags};
use super::output::{Progress, print};
use crate::config::{AppEnv, Flags};
use crate::failure::Failure;
use crate::program::Program;
use crate::wiring::Store;

const EXAMPLES: &str = "\
Examples:
  hexpress purge --deleted-before 2026-01-01 --dry-run
  hexpress purge --deleted-before 2026-01-01T00:00:00Z --yes";

/// Remove for good what was deleted before a date
///
/// Persons first: emails, names and passwords; then posts, with their old slugs, and
/// products that nobody has ordered. Orders stay, without the person. Who and what
/// was deleted can be restored until then.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Purge {
    /// Remove what was deleted before this: a day (its begin, in UTC) or a time such as
    /// 2026-01-01T12:00:00Z
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    deleted_before: DateTime<Utc>,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Do it, though this is no development database (needed unless APP_ENV is
    /// development)
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    database: SettingFlags<OfDatabase>,
}

impl Purge {
    pub fn flags(&self) -> Flags {
        self.database.given()
    }

    /// Removes for good what was deleted, or says what that would be.
    pub async fn run(self, program: &Program) -> Result<ExitCode, Failure> {
        let database = program.lasting_database()?;
        let now = SystemClock.now();
        if self.deleted_before > now {
            return Err(Failure::Usage(
                "--deleted-before lies in the future\nName a time that has been.".to_owned(),
            ));
        }
        if !self.dry_run && program.config.app_env != AppEnv::Development {
            program.confirm(self.yes, "`purge` removes data for good")?;
        }
        let store = Store::open_migrated(&database).await?;
        let purger = Purger::new(store.database.clone());
        let mut purged = purger
            .count(self.deleted_before)
            .await
            .map_err(|error| Failure::of(&error))?;
        if !self.dry_run {
            let mut progress = Progress::start("removing", purged.total());
            let mut watch = |so_far: &Purged| progress.reach(so_far.total());
            purged = purger
                .run(self.deleted_before, now, &mut watch)
                .await
                .map_err(|error| Failure::of(&error))?;
        }
        store.database.close(Duration::MAX).await;
        let verb = match self.dry_run {
            true => "would remove",
            false => "removed",
        };
        print(&format!("{verb} {purged}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
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
