//! The command line of a newsletter.

use std::error::Error as _;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use hexpress_app::Error;
use hexpress_domain::clock::Clock;
use hexpress_domain::id::Id;
use hexpress_domain::post::PostView;
use hexpress_domain::user::{FirstName, LastName, PersonName};
use newsletter::archive::{Archive, ArchiveError, Editor, Masthead};
use newsletter::digest::Month;
use newsletter::{Machine, Newsletter};

/// Letters in a file: drafted, published, and sent as the digest of a month
#[derive(Parser)]
struct Arguments {
    /// The newsletter's file
    #[arg(long, default_value = "newsletter.json")]
    file: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Begins a newsletter in a new file
    Init {
        /// What it is called
        name: String,
        /// The editor's first name
        #[arg(long)]
        first_name: FirstName,
        /// The editor's last name
        #[arg(long, default_value = "")]
        last_name: LastName,
    },
    /// Puts a letter aside; its text comes from the standard input
    Draft {
        /// Its title
        title: String,
    },
    /// Lists the drafts
    Drafts,
    /// Publishes a draft
    Publish {
        /// Its slug, as `drafts` shows it
        slug: String,
    },
    /// Prints what was published in a month
    Issue {
        /// The month, such as 2026-11; this one if left out
        #[arg(long)]
        month: Option<Month>,
    },
}

/// Why a command has failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    UseCase(#[from] Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn main() -> ExitCode {
    // The ports are asynchronous, but nothing here waits for anything but the disk.
    match pollster::block_on(run(Arguments::parse())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let mut out = io::stderr().lock();
            tell(&mut out, &failure).ok();
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let file = &arguments.file;
    match arguments.command {
        Command::Init {
            name,
            first_name,
            last_name,
        } => {
            let editor = Editor {
                id: Id::generate(&Machine),
                name: PersonName {
                    first: first_name,
                    last: last_name,
                },
            };
            Archive::create(file, Masthead { name, editor })?;
            writeln!(out, "{} is ready", file.display())?;
        }
        Command::Draft { title } => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text)?;
            let letter = open(file)?.draft(title, text).await?;
            show(&mut out, &letter)?;
        }
        Command::Drafts => {
            for letter in open(file)?.drafts().await? {
                show(&mut out, &letter)?;
            }
        }
        Command::Publish { slug } => {
            let letter = open(file)?.publish(&slug).await?;
            show(&mut out, &letter)?;
        }
        Command::Issue { month } => {
            let month = month.unwrap_or_else(|| Month::of(Machine.now()));
            write!(out, "{}", open(file)?.issue(month).await?)?;
        }
    }
    Ok(())
}

fn open(file: &Path) -> Result<Newsletter, ArchiveError> {
    let (archive, masthead) = Archive::open(file)?;
    let machine = Arc::new(Machine);
    Ok(Newsletter::new(
        masthead,
        Arc::new(archive),
        machine.clone(),
        machine,
    ))
}

fn show(out: &mut impl Write, letter: &PostView) -> io::Result<()> {
    let post = &letter.post;
    writeln!(out, "{}\t{}\t{}", post.slug, post.status, post.title)
}

/// A line for each field at fault, or the failure and its causes.
fn tell(out: &mut impl Write, failure: &Failure) -> io::Result<()> {
    if let Failure::UseCase(Error::Validation(errors)) = failure {
        for fault in errors.as_slice() {
            writeln!(out, "newsletter: {}: {}", fault.field, fault.message)?;
        }
        return Ok(());
    }
    write!(out, "newsletter: {failure}")?;
    let mut cause = failure.source();
    while let Some(error) = cause {
        write!(out, ": {error}")?;
        cause = error.source();
    }
    writeln!(out)
}
