use diesel::result::Error;
use hexpress_database::violated_constraint;
use hexpress_domain::repository::RepositoryError;

use super::constraint::Constraint;
use super::tables::TABLES;

/// The constraint with this name, or with these columns as SQLite reports them.
fn find(reported: &str) -> Option<&'static Constraint> {
    TABLES
        .iter()
        .flat_map(|table| table.constraints)
        .find(|constraint| constraint.is_reported_as(reported))
}

/// What a broken constraint means, by its name or its columns.
pub(crate) fn meaning_of(reported: &str) -> Option<RepositoryError> {
    find(reported)?.meaning()
}

/// Whether a statement gave a post a slug that another live one has.
pub(crate) fn is_slug_taken(error: &Error) -> bool {
    violated_constraint(error)
        .and_then(find)
        .is_some_and(|constraint| constraint.name == "posts_slug_live_key")
}

#[cfg(test)]
mod tests;
