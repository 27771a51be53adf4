use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Locked, Prepared, StoredId};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::auth::Revocation;
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::{LockedUser, PasswordHash, User, UserChange, UserId, UserRecord};

use super::rows::{UserRow, search_change, search_text};
use crate::post;
use crate::schema::{ACTIVE_ADMIN, tokens, users};

pub(super) async fn insert(
    connection: &mut Connection,
    record: &UserRecord,
) -> Result<User, Failure> {
    let user = User::from(record.clone());
    let row = UserRow::from(&user);
    let hash = users::password_hash.eq(record.password_hash.expose());
    let searched = users::search_text.eq(search_text(&user.email, &user.name));
    on_backend!(connection, |c| {
        diesel::insert_into(users::table)
            .values((row, hash, searched))
            .execute(c)
            .await?
    });
    Ok(user)
}

pub(super) async fn change(
    connection: &mut Connection,
    id: UserId,
    decide: &Decide<LockedUser, UserChange>,
) -> Result<User, Failure> {
    let locked = lock(connection, id).await?;
    let Some(change) = decide(&locked).map_err(RepositoryError::Refused)? else {
        return Ok(locked.user);
    };
    let (before, after) = (locked.user, &change.user);
    let row = UserRow::from(after);
    let hash = change.password_hash.as_ref();
    let hash = hash.map(|hash| users::password_hash.eq(hash.expose()));
    let searched = search_change(&before, after).map(|text| users::search_text.eq(text));
    on_backend!(&mut *connection, |c| {
        let user = users::table.find(StoredId::from(id));
        let update = diesel::update(user).set((row, hash, searched));
        Prepared(update).execute(c).await?
    });
    revoke(connection, id, change.revocation).await?;
    match (before.is_live(), after.is_live()) {
        (true, false) => post::delete_with_author(connection, id, after.updated_at).await?,
        (false, true) => post::restore_with_author(connection, id, after.updated_at).await?,
        _ => {}
    }
    Ok(change.user)
}

/// The user, held until the transaction ends. One who is forgotten is nobody.
async fn lock(connection: &mut Connection, id: UserId) -> Result<LockedUser, Failure> {
    let found: Option<(UserRow, String)> = on_backend!(&mut *connection, |c| {
        let user = users::table
            .find(StoredId::from(id))
            .filter(users::forgotten_at.is_null())
            .select((UserRow::as_select(), users::password_hash));
        Prepared(Locked::for_no_key_update(user))
            .get_result(c)
            .await
            .optional()?
    });
    let (row, hash) = found.ok_or(RepositoryError::NotFound)?;
    let user = User::try_from(row)?;
    Ok(LockedUser {
        is_last_admin: user.is_active_admin() && !has_other_admin(connection, id).await?,
        password_hash: PasswordHash::new(hash),
        user,
    })
}

/// Whether there is an active admin beside this one. Whoever may take one away asks in
/// turn, and sees what those before have left. The turn comes after the row: to hold the
/// rows of all admins instead, each would wait for whoever holds another's.
async fn has_other_admin(connection: &mut Connection, id: UserId) -> Result<bool, Failure> {
    Ok(on_backend!(connection, |c, dialect| {
        dialect::lock_name(c, "admins").await?;
        let others = users::table
            .filter(sql::<Bool>(ACTIVE_ADMIN))
            .filter(users::id.ne(StoredId::from(id)));
        diesel::select(exists(others)).get_result(c).await?
    }))
}

async fn revoke(
    connection: &mut Connection,
    user_id: UserId,
    revocation: Revocation,
) -> Result<(), Failure> {
    let kept = match revocation {
        Revocation::None => return Ok(()),
        Revocation::All => None,
        Revocation::AllBut(id) => Some(StoredId::from(id)),
    };
    on_backend!(connection, |c| {
        let all = diesel::delete(tokens::table).filter(tokens::user_id.eq(StoredId::from(user_id)));
        match kept {
            None => all.execute(c).await?,
            Some(kept) => all.filter(tokens::id.ne(kept)).execute(c).await?,
        }
    });
    Ok(())
}
