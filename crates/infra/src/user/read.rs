use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;
use hexpress_database::sql::StoredId;
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::entity::Liveness;
use hexpress_domain::user::{Email, PasswordHash, User, UserId};

use super::rows::UserRow;
use crate::schema::{ACTIVE_ADMIN, users};

pub(super) async fn find(
    connection: &mut Connection,
    id: UserId,
    liveness: Liveness,
) -> Result<Option<User>, Failure> {
    let row: Option<UserRow> = on_backend!(connection, |c| {
        users::table
            .find(StoredId::from(id))
            .select(UserRow::as_select())
            .get_result(c)
            .await
            .optional()?
    });
    let user = row.map(User::try_from).transpose()?;
    Ok(user.filter(|user| match liveness {
        Liveness::Live => user.is_live(),
        Liveness::Deleted => !user.is_live(),
        Liveness::Any => true,
    }))
}

pub(super) async fn find_by_email(
    connection: &mut Connection,
    email: &Email,
) -> Result<Option<(User, PasswordHash)>, Failure> {
    let found: Option<(UserRow, String)> = on_backend!(connection, |c| {
        users::table
            .filter(users::email.eq(email.as_str()))
            .filter(users::deleted_at.is_null())
            .select((UserRow::as_select(), users::password_hash))
            .get_result(c)
            .await
            .optional()?
    });
    let Some((row, hash)) = found else {
        return Ok(None);
    };
    Ok(Some((row.try_into()?, PasswordHash::new(hash))))
}

pub(super) async fn password_hash(
    connection: &mut Connection,
    id: UserId,
) -> Result<Option<PasswordHash>, Failure> {
    let hash: Option<String> = on_backend!(connection, |c| {
        users::table
            .find(StoredId::from(id))
            .filter(users::deleted_at.is_null())
            .select(users::password_hash)
            .get_result(c)
            .await
            .optional()?
    });
    Ok(hash.map(PasswordHash::new))
}

pub(super) async fn has_active_admin(connection: &mut Connection) -> Result<bool, Failure> {
    Ok(on_backend!(connection, |c| {
        diesel::select(exists(users::table.filter(sql::<Bool>(ACTIVE_ADMIN))))
            .get_result(c)
            .await?
    }))
}

/// How many settings of stored hashes are looked for at most.
const MAX_SETTINGS: i64 = 16;

/// The settings of the stored hashes: what stands before the salt and the output, which are
/// 67 characters with their dollar signs. Reads every user.
pub(super) async fn hash_settings(connection: &mut Connection) -> Result<Vec<String>, Failure> {
    Ok(on_backend!(connection, |c| {
        users::table
            .select(sql::<Text>(
                "substr(password_hash, 1, length(password_hash) - 67)",
            ))
            .filter(sql::<Bool>("length(password_hash) > 67"))
            .distinct()
            .limit(MAX_SETTINGS)
            .load(c)
            .await?
    }))
}
