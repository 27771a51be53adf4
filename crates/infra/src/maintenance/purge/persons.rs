use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::StoredInstant;
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::list::fold;

use super::batch::{Cutoff, Done, Position, counted, rows};
use super::rows::{Held, Portion, next, remove_parts, remove_some_parts};
use crate::schema::{USERS, users};

// What stands in the row of somebody who is forgotten.

/// Under a name that leads nowhere (RFC 2606).
const EMAIL: &str = "deleted@deleted.invalid";
const FIRST_NAME: &str = "Deleted";
const LAST_NAME: &str = "user";
/// The hash of no password.
const PASSWORD_HASH: &str = "!";

/// What people call those whose email, name and password go.
pub(super) const PERSONS: &str = "users";

/// Those who are to be forgotten of whom were deleted before `$1`.
const WHICH: &str = "users WHERE users.deleted_at < $1 AND users.forgotten_at IS NULL";

/// How many are to be forgotten.
pub(super) async fn count(connection: &mut Connection, cutoff: &Cutoff) -> Result<u64, Failure> {
    let count: i64 = on_backend!(connection, |c| {
        users::table
            .filter(users::deleted_at.lt(StoredInstant(cutoff.before)))
            .filter(users::forgotten_at.is_null())
            .count()
            .get_result(c)
            .await?
    });
    Ok(counted(count))
}

/// Takes a batch of persons out of their rows, and what else is theirs alone; `None` if there
/// are no more.
pub(super) async fn forget(
    connection: &mut Connection,
    cutoff: Cutoff,
    position: Position,
) -> Result<Option<Done>, Failure> {
    let before = cutoff.before;
    let next = next(connection, USERS, WHICH, before, position, Held::Wait).await?;
    let ids = match next {
        None => return Ok(None),
        Some(Portion::PartsOf(id)) => {
            return Ok(Some(
                remove_some_parts(connection, USERS, id, position).await?,
            ));
        }
        Some(Portion::Rows(ids)) => ids,
    };
    on_backend!(&mut *connection, |c| {
        diesel::update(users::table)
            .filter(users::id.eq_any(&ids))
            .set((
                users::email.eq(EMAIL),
                users::first_name.eq(FIRST_NAME),
                users::last_name.eq(LAST_NAME),
                users::password_hash.eq(PASSWORD_HASH),
                users::search_text.eq(fold([EMAIL, FIRST_NAME, LAST_NAME])),
                users::is_active.eq(false),
                users::last_login_at.eq(None::<StoredInstant>),
                users::updated_at.eq(StoredInstant(cutoff.at)),
                users::version.eq(users::version + 1),
                users::forgotten_at.eq(Some(StoredInstant(cutoff.at))),
            ))
            .execute(c)
            .await?
    });
    remove_parts(connection, USERS, &ids).await?;
    Ok(Some(Done {
        counts: vec![(PERSONS, rows(ids.len()))],
        last: ids.last().copied(),
    }))
}
