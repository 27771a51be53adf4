/// How far a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyProgress {
    /// What is being done.
    pub step: CopyStep,
    /// To which table.
    pub table: &'static str,
    /// To how many rows of it.
    pub rows: u64,
    /// How many there are.
    pub total: u64,
}

/// What a copy does, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyStep {
    /// Fills the tables of the target.
    Copy,
    /// Reads them again, to compare them with the source.
    Compare,
}

/// A table as it is in both databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub name: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// The SHA-256, in hexadecimal digits, of all its values in the order of its key:
    /// the same for the same data on either database.
    pub digest: String,
}
