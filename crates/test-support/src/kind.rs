/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file of its own, in WAL mode.
    Sqlite,
    /// A schema of its own on the run's server.
    Postgres,
}
