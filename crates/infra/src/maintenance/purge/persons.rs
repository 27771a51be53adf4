use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::list::fold;

use super::batch::{Cutoff, Pace, counted, rows};
use super::rows::remove_parts;
use crate::schema::{USERS, users};

// What stands in the row of somebody who is forgotten.

/// Under a name that leads nowhere (RFC 2606).
const EMAIL: &str = "deleted@deleted.invalid";
const FIRST_NAME: &str = "Deleted";
const LAST_NAME: &str = "user";
/// The hash of no password.
const PASSWORD_HASH: &str = "!";

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

/// Takes a batch of persons out of their rows, and what else is theirs alone, and returns how
/// many; `None` if there are no more.
pub(super) async fn forget(
    connection: &mut Connection,
    cutoff: &Cutoff,
    pace: Pace,
) -> Result<Option<u64>, Failure> {
    let before = StoredInstant(cutoff.before);
    let ids: Vec<StoredId> = on_backend!(&mut *connection, |c| {
        users::table
            .filter(users::deleted_at.lt(before))
            .filter(users::forgotten_at.is_null())
            .order(users::id)
            .limit(pace.rows().into())
            .select(users::id)
            .load(c)
            .await?
    });
    if ids.is_empty() {
        return Ok(None);
    }
    let forgotten: Vec<StoredId> = on_backend!(&mut *connection, |c| {
        diesel::update(users::table)
            .filter(users::id.eq_any(&ids))
            // Again: some may have been restored meanwhile. They keep what is theirs.
            .filter(users::deleted_at.lt(before))
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
            .returning(users::id)
            .get_results(c)
            .await?
    });
    remove_parts(connection, USERS, &forgotten).await?;
    Ok(Some(rows(forgotten.len())))
}
