use hexpress_database::MigrationError;
use hexpress_domain::repository::RepositoryError;

/// What to do with a database that is not whole.
pub const WAY_OUT: &str =
    "Empty it with `hexpress migrate down --all --yes`, or remove it, and copy again.";

/// Why a database was not copied: the cause and the way out, in one or two lines, for
/// whoever runs the program.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source is at another version of the schema than this program.
    #[error(
        "the source is not at this program's version of the schema\nRun `hexpress migrate up` on it, or copy it with the version that migrated it."
    )]
    SourceSchema,
    /// The source is what a copy has left unfinished.
    #[error(
        "the source is not whole: a copy into it has not been finished\nName the database that was copied from."
    )]
    SourceUnfinished,
    /// An earlier copy into the target has not come to its end, or another is running.
    #[error("this database is not whole: a copy into it is running, or was broken off\n{WAY_OUT}")]
    Unfinished,
    /// There is something in the target.
    #[error(
        "the target is not empty: there are rows in `{0}`\nName a database that is empty, or not there yet."
    )]
    NotEmpty(&'static str),
    /// A table has other columns there.
    #[error(
        "the table `{0}` has other columns in the target\nMigrate both databases with this version of the program."
    )]
    Columns(&'static str),
    /// What has arrived is not what was sent.
    #[error(
        "`{table}` differs: {source_rows} rows were read, and {target_rows} are in the target, or others than these\nThe target is of no use. {WAY_OUT}"
    )]
    Differs {
        /// The table.
        table: &'static str,
        /// How many rows the source has.
        source_rows: u64,
        /// How many rows the target has.
        target_rows: u64,
    },
    /// A schema cannot be read, or the target's cannot be made.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The source cannot be read.
    #[error("the source cannot be read")]
    Source(#[source] RepositoryError),
    /// The target cannot be written or read.
    #[error("the target cannot be written")]
    Target(#[source] RepositoryError),
}
