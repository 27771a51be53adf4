use hexpress_domain::repository::{RepositoryError, UniqueField};

/// A named rule of a table, the same on both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Constraint {
    /// PostgreSQL reports it, and SQLite that of a check.
    pub(super) name: &'static str,
    /// What SQLite reports instead of the name of a key.
    pub(super) columns: Option<&'static str>,
    meaning: Meaning,
    /// What a foreign key leads to.
    pub(crate) reference: Option<Reference>,
}

/// A foreign key to the `id` of another table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) column: &'static str,
    /// The name of the table.
    pub(crate) to: &'static str,
    /// Whether a purge removes the row with the one that it refers to, which stays otherwise
    /// for as long as this one does.
    pub(crate) is_part: bool,
}

/// What a broken constraint means to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A fault of the program: no valid command can break it.
    Fault,
    /// The value of this field is taken.
    Duplicate(UniqueField),
    /// A row that the command refers to does not exist.
    MissingReference,
}

impl Constraint {
    /// A constraint that only a fault of the program can break.
    pub(super) const fn of(name: &'static str) -> Self {
        Self {
            name,
            columns: None,
            meaning: Meaning::Fault,
            reference: None,
        }
    }

    /// A foreign key: a purge spares the row that this column refers to.
    pub(super) const fn refers_to(self, to: &'static str, column: &'static str) -> Self {
        self.leads_to(Reference {
            column,
            to,
            is_part: false,
        })
    }

    /// A foreign key: a purge removes this row with the one that the column refers to.
    pub(super) const fn is_part_of(self, to: &'static str, column: &'static str) -> Self {
        self.leads_to(Reference {
            column,
            to,
            is_part: true,
        })
    }

    const fn leads_to(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
    }

    pub(super) const fn reported_as(mut self, columns: &'static str) -> Self {
        self.columns = Some(columns);
        self
    }

    pub(super) const fn means(mut self, meaning: Meaning) -> Self {
        self.meaning = meaning;
        self
    }
}

impl Constraint {
    pub(super) fn is_reported_as(&self, reported: &str) -> bool {
        self.name == reported || self.columns == Some(reported)
    }

    pub(super) const fn meaning(self) -> Option<RepositoryError> {
        match self.meaning {
            Meaning::Fault => None,
            Meaning::Duplicate(field) => Some(RepositoryError::Duplicate(field)),
            Meaning::MissingReference => Some(RepositoryError::MissingReference),
        }
    }
}
