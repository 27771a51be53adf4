use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use hexpress_infra::database::{self, Database, DatabaseUrl, SqliteLocation};
use hexpress_infra::maintenance::copy::{Copier, CopyStep};

use super::output::{Progress, print};
use crate::config::{Config, DatabaseConfig, Flags};
use crate::failure::Failure;
use crate::program::Program;

const EXAMPLES: &str = "\
Examples:
  hexpress db copy --from sqlite://data/hexpress.db --to postgres://hexpress@localhost/hexpress
  hexpress db copy --from \"$DATABASE_URL\" --to sqlite://copy.db";

/// Move whole databases
#[derive(Debug, Args)]
#[command(arg_required_else_help = false)]
pub struct Db {
    #[command(subcommand)]
    action: Action,
}

/// What can be done with whole databases.
#[derive(Debug, Subcommand)]
enum Action {
    Copy(Copy),
}

/// Copy everything from one database into another, empty one
///
/// Between SQLite and PostgreSQL, either way. The source may be in use: it is read
/// as it is at one moment. The target is migrated first. At the end all rows
/// of both are compared. A target whose copy was broken off says so to whoever
/// wants to use it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct Copy {
    /// Database to read: sqlite://PATH or postgres://user:password@host/name
    #[arg(long, value_name = "URL")]
    from: String,
    /// Database to fill, which is empty or, with SQLite, not there yet
    #[arg(long, value_name = "URL")]
    to: String,
}

impl Db {
    pub fn flags(&self) -> Flags {
        let Action::Copy(copy) = &self.action;
        // In production there has to be one.
        Flags::from([("DATABASE_URL", copy.to.clone())])
    }

    pub async fn run(self, program: &Program) -> Result<ExitCode, Failure> {
        let Action::Copy(copy) = &self.action;
        run_copy(program, copy).await
    }
}

async fn run_copy(program: &Program, copy: &Copy) -> Result<ExitCode, Failure> {
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
    // Which settings are in use depends on the kind of database.
    let mut sources = program.sources.clone();
    sources.flags.insert("DATABASE_URL", copy.from.clone());
    let reading = Config::load(&sources)?.config.database;
    let writing = &program.config.database;
    let source = open(&reading, from, "--from").await?;
    let target = open(writing, to, "--to").await?;
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

async fn open(config: &DatabaseConfig, url: DatabaseUrl, flag: &str) -> Result<Database, Failure> {
    let database = database::open(config.for_one_task().options(url)).await;
    database.map_err(|error| Failure::to_open(&error, flag))
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
