//! Users in the database.

mod list;
mod rows;
#[cfg(test)]
mod slow_plans;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Locked, StoredId, StoredInstant};
use hexpress_database::{Connection, Database, Failure, on_backend};
use hexpress_domain::auth::Revocation;
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::Page;
use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_domain::user::{
    Email, PasswordHash, User, UserChange, UserId, UserQuery, UserRecord, UserRepository,
};

use crate::post;
use crate::schema::{ACTIVE_ADMIN, tokens, users};

pub(crate) use rows::{UserRow, search_text};

/// [`UserRepository`] in the database.
#[derive(Clone)]
pub struct DieselUserRepository {
    database: Database,
}

impl DieselUserRepository {
    /// Users of this database, whose migrations have been run.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl UserRepository for DieselUserRepository {
    async fn insert(&self, user: UserRecord) -> Result<User, RepositoryError> {
        self.database
            .write(user, |connection, user| {
                Box::pin(async move {
                    let row = rows::NewUserRow::of(user);
                    let row: UserRow = on_backend!(connection, |c| {
                        diesel::insert_into(users::table)
                            .values(row)
                            .returning(UserRow::as_returning())
                            .get_result(c)
                            .await?
                    });
                    Ok(User::try_from(row)?)
                })
            })
            .await
    }

    async fn find(&self, id: UserId, liveness: Liveness) -> Result<Option<User>, RepositoryError> {
        self.database
            .look_up((id, liveness), |connection, &(id, liveness)| {
                Box::pin(async move {
                    let row = find(connection, id).await?;
                    let user = row.map(User::try_from).transpose()?;
                    Ok(user.filter(|user| match liveness {
                        Liveness::Live => user.is_live(),
                        Liveness::Deleted => !user.is_live(),
                        Liveness::Any => true,
                    }))
                })
            })
            .await
    }

    async fn find_by_email(
        &self,
        email: Email,
    ) -> Result<Option<(User, PasswordHash)>, RepositoryError> {
        self.database
            .look_up(email, |connection, email| {
                Box::pin(async move {
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
                })
            })
            .await
    }

    async fn password_hash(
        &self,
        id: UserId,
        seen: Version,
    ) -> Result<Option<PasswordHash>, RepositoryError> {
        self.database
            .look_up((id, seen), |connection, &(id, seen)| {
                Box::pin(async move {
                    let hash: Option<String> = on_backend!(connection, |c| {
                        users::table
                            .find(StoredId::from(id))
                            .filter(users::version.eq(seen.get()))
                            .filter(users::deleted_at.is_null())
                            .select(users::password_hash)
                            .get_result(c)
                            .await
                            .optional()?
                    });
                    Ok(hash.map(PasswordHash::new))
                })
            })
            .await
    }

    async fn list(&self, query: UserQuery) -> Result<Page<User>, RepositoryError> {
        self.database
            .read(query, |connection, query| {
                Box::pin(list::page(connection, query))
            })
            .await
    }

    async fn change(&self, change: UserChange) -> Result<User, RepositoryError> {
        self.database
            .write(change, |connection, change| {
                Box::pin(async move {
                    if change.removes_admin {
                        lock_active_admins(connection).await?;
                    }
                    let user = update(connection, change).await?;
                    if change.removes_admin && !has_active_admin(connection).await? {
                        return Err(RepositoryError::Conflict(Conflict::LastAdmin).into());
                    }
                    revoke(connection, change.id, change.revocation).await?;
                    Ok(user)
                })
            })
            .await
    }

    async fn delete(
        &self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        self.database
            .write((id, seen, at), |connection, &(id, seen, at)| {
                Box::pin(async move {
                    // Whoever was an admin at the version seen is one still when the
                    // update finds that version.
                    let removes_admin = is_active_admin(connection, id, seen).await?;
                    if removes_admin {
                        lock_active_admins(connection).await?;
                    }
                    mark_deleted(connection, id, seen, at).await?;
                    if removes_admin && !has_active_admin(connection).await? {
                        return Err(RepositoryError::Conflict(Conflict::LastAdmin).into());
                    }
                    revoke(connection, id, Revocation::All).await?;
                    post::delete_with_author(connection, id, at).await
                })
            })
            .await
    }

    async fn restore(
        &self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<User, RepositoryError> {
        self.database
            .write((id, seen, at), |connection, &(id, seen, at)| {
                Box::pin(restore(connection, id, seen, at))
            })
            .await
    }

    async fn has_active_admin(&self) -> Result<bool, RepositoryError> {
        self.database
            .look_up((), |connection, ()| Box::pin(has_active_admin(connection)))
            .await
    }
}

async fn find(connection: &mut Connection, id: UserId) -> Result<Option<UserRow>, Failure> {
    Ok(on_backend!(connection, |c| {
        users::table
            .find(StoredId::from(id))
            .select(UserRow::as_select())
            .get_result(c)
            .await
            .optional()?
    }))
}

async fn update(connection: &mut Connection, change: &UserChange) -> Result<User, Failure> {
    let row: Option<UserRow> = on_backend!(&mut *connection, |c| {
        diesel::update(users::table.find(StoredId::from(change.id)))
            .filter(users::version.eq(change.seen.get()))
            .filter(users::deleted_at.is_null())
            .set((
                rows::UserChangeset::of(change),
                users::version.eq(users::version + 1),
            ))
            .returning(UserRow::as_returning())
            .get_result(c)
            .await
            .optional()?
    });
    match row {
        Some(row) => Ok(row.try_into()?),
        None => Err(why_not_live(connection, change.id).await?.into()),
    }
}

async fn mark_deleted(
    connection: &mut Connection,
    id: UserId,
    seen: Version,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let count = on_backend!(&mut *connection, |c| {
        diesel::update(users::table.find(StoredId::from(id)))
            .filter(users::version.eq(seen.get()))
            .filter(users::deleted_at.is_null())
            .set((
                users::deleted_at.eq(Some(StoredInstant(at))),
                users::updated_at.eq(StoredInstant(at)),
                users::version.eq(users::version + 1),
            ))
            .execute(c)
            .await?
    });
    match count {
        0 => Err(why_not_live(connection, id).await?.into()),
        _ => Ok(()),
    }
}

async fn restore(
    connection: &mut Connection,
    id: UserId,
    seen: Version,
    at: DateTime<Utc>,
) -> Result<User, Failure> {
    let row: Option<UserRow> = on_backend!(&mut *connection, |c| {
        diesel::update(users::table.find(StoredId::from(id)))
            .filter(users::version.eq(seen.get()))
            .filter(users::deleted_at.is_not_null())
            .set((
                users::deleted_at.eq(None::<StoredInstant>),
                users::updated_at.eq(StoredInstant(at)),
                users::version.eq(users::version + 1),
            ))
            .returning(UserRow::as_returning())
            .get_result(c)
            .await
            .optional()?
    });
    if let Some(row) = row {
        post::restore_with_author(connection, id, at).await?;
        return Ok(row.try_into()?);
    }
    Err(match find(connection, id).await? {
        None => RepositoryError::NotFound,
        Some(row) if row.is_live() => RepositoryError::Conflict(Conflict::NotDeleted),
        Some(_) => RepositoryError::Stale,
    }
    .into())
}

/// Why no live user of this id was at the version that the caller saw.
async fn why_not_live(connection: &mut Connection, id: UserId) -> Result<RepositoryError, Failure> {
    Ok(match find(connection, id).await? {
        Some(row) if row.is_live() => RepositoryError::Stale,
        _ => RepositoryError::NotFound,
    })
}

/// Locks the rows of all live, active admins until the transaction ends.
async fn lock_active_admins(connection: &mut Connection) -> Result<(), Failure> {
    // In one order, so that two who lock them cannot wait for each other.
    let admins = users::table
        .filter(sql::<Bool>(ACTIVE_ADMIN))
        .order(users::id)
        .select(users::id);
    Ok(connection.lock(Locked::for_update(admins)).await?)
}

async fn is_active_admin(
    connection: &mut Connection,
    id: UserId,
    seen: Version,
) -> Result<bool, Failure> {
    Ok(on_backend!(connection, |c| {
        diesel::select(exists(
            users::table
                .find(StoredId::from(id))
                .filter(users::version.eq(seen.get()))
                .filter(sql::<Bool>(ACTIVE_ADMIN)),
        ))
        .get_result(c)
        .await?
    }))
}

async fn has_active_admin(connection: &mut Connection) -> Result<bool, Failure> {
    Ok(on_backend!(connection, |c| {
        diesel::select(exists(users::table.filter(sql::<Bool>(ACTIVE_ADMIN))))
            .get_result(c)
            .await?
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
