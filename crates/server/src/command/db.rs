use std::process::ExitCode;
use std::time::Duration;

use hexpress_infra::database::{self, DatabaseUrl, SqliteLocation};
use hexpress_infra::maintenance::copy::{Copier, CopyStep};

use super::print;
use super::progress::Progress;
use crate::cli::{Copy, DbAction};
use crate::config::Config;
use crate::failure::Failure;

/// Does what is to be done with a whole database.
pub async fn run(config: &Config, action: &DbAction) -> Result<ExitCode, Failure> {
    match action {
        DbAction::Copy(copy) => run_copy(config, copy).await,
    }
}

async fn run_copy(config: &Config, copy: &Copy) -> Result<ExitCode, Failure> {
    let from = parse("--from", &copy.from)?;
    let to = parse("--to", &copy.to)?;
    if from == to {
        return Err(Failure::Usage(
            "--from and --to name one database".to_owned(),
        ));
    }
    // Opening a file that is missing would make it.
    if let DatabaseUrl::Sqlite(SqliteLocation::File(path)) = &from
        && !path.exists()
    {
        return Err(Failure::Failed(format!(
            "there is no file {}\nCorrect --from.",
            path.display()
        )));
    }
    let options = |url| config.database.for_one_task().options(url);
    let source = database::open(options(from)).await?;
    let target = database::open(options(to)).await?;
    let copier = Copier::new(source.clone(), target.clone());
    let mut progress: Option<((CopyStep, &str), Progress)> = None;
    let copied = copier
        .run(&mut |at| {
            let what = (at.step, at.table);
            match &mut progress {
                Some((known, progress)) if *known == what => progress.reach(at.rows),
                other => {
                    let mut progress = Progress::start(&title(at.step, at.table), at.total);
                    progress.reach(at.rows);
                    *other = Some((what, progress));
                }
            }
        })
        .await?;
    drop(progress);
    target.close(Duration::MAX).await;
    source.close(Duration::MAX).await;
    print("copied, read again and found equal:\n")?;
    for table in copied {
        print(&format!(
            "{:16} {:>9} rows  sha256 {}\n",
            table.name, table.rows, table.digest
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn title(step: CopyStep, table: &str) -> String {
    match step {
        CopyStep::Copy => format!("copying {table}"),
        CopyStep::Compare => format!("comparing {table}"),
    }
}

fn parse(flag: &str, text: &str) -> Result<DatabaseUrl, Failure> {
    let url: DatabaseUrl = text
        .parse()
        .map_err(|error| Failure::Usage(format!("{flag} {error}")))?;
    if url == DatabaseUrl::Sqlite(SqliteLocation::Memory) {
        return Err(Failure::Usage(format!(
            "{flag} names a database in memory, which would end with this command"
        )));
    }
    Ok(url)
}
