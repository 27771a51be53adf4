//! A row in the target for as long as it is not whole.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::{Connection, Database, Failure, on_backend};
use hexpress_domain::repository::RepositoryError;

use super::error::CopyError;
use crate::schema::{copied, unfinished_copies};

/// Whether this database, whose migrations have been run, is the target of a copy that runs
/// or was broken off: then it is not whole, and nobody should work on it.
///
/// # Errors
///
/// [`RepositoryError::Unavailable`] and [`RepositoryError::Internal`].
pub async fn is_unfinished(database: &Database) -> Result<bool, RepositoryError> {
    database
        .read((), |connection, ()| Box::pin(is_set(connection)))
        .await
}

/// What stands in the way of a copy.
enum Obstacle {
    Mark,
    Rows(&'static str),
}

/// Marks an empty target.
pub(super) async fn set(target: &Database) -> Result<(), CopyError> {
    let obstacle = target
        .write((), |connection, ()| {
            Box::pin(async move {
                if is_set(connection).await? {
                    return Ok(Some(Obstacle::Mark));
                }
                for table in copied() {
                    if !table.is_empty(connection).await? {
                        return Ok(Some(Obstacle::Rows(table.name)));
                    }
                }
                let added = on_backend!(connection, |c| {
                    diesel::insert_into(unfinished_copies::table)
                        .values(unfinished_copies::is_there.eq(true))
                        .on_conflict_do_nothing()
                        .execute(c)
                        .await?
                });
                Ok((added == 0).then_some(Obstacle::Mark))
            })
        })
        .await;
    match obstacle.map_err(CopyError::Target)? {
        None => Ok(()),
        Some(Obstacle::Mark) => Err(CopyError::Unfinished),
        Some(Obstacle::Rows(table)) => Err(CopyError::NotEmpty(table)),
    }
}

/// Takes the mark away: from here on the target is a database like others.
pub(super) async fn remove(target: &Database) -> Result<(), CopyError> {
    target
        .write((), |connection, ()| {
            Box::pin(async move {
                for table in copied() {
                    table.go_on_numbering(connection).await?;
                }
                on_backend!(connection, |c| {
                    diesel::delete(unfinished_copies::table).execute(c).await?
                });
                Ok(())
            })
        })
        .await
        .map_err(CopyError::Target)
}

async fn is_set(connection: &mut Connection) -> Result<bool, Failure> {
    Ok(on_backend!(connection, |c| {
        diesel::select(exists(
            unfinished_copies::table.select(unfinished_copies::is_there),
        ))
        .get_result(c)
        .await?
    }))
}
