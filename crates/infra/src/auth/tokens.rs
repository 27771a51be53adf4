use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Locked, Prepared, StoredId, StoredInstant};
use hexpress_database::{Connection, Corrupt, Database, Failure, SWEEP_BATCH, on_backend};
use hexpress_domain::auth::{
    ApiTokenRecord, Authenticated, CREDENTIALS_CHANGED, OpenedSession, Principal, SessionPolicy,
    SessionRecord, TOO_MANY_TOKENS, Token, TokenDigest, TokenId, TokenKind, TokenRepository,
};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{User, UserId};

use super::rows::{NewTokenRow, TokenRow};
use crate::schema::{tokens, users};
use crate::user::UserRow;

/// [`TokenRepository`] in the database.
#[derive(Clone)]
pub struct DieselTokenRepository {
    database: Database,
}

impl DieselTokenRepository {
    /// Tokens of this database, whose migrations have been run.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl TokenRepository for DieselTokenRepository {
    async fn open_session(&self, session: SessionRecord) -> Result<OpenedSession, RepositoryError> {
        self.database
            .write(session, |connection, session| {
                Box::pin(async move {
                    let user = log_in(connection, session).await?;
                    insert(connection, session.into()).await?;
                    let ended = end_sessions_beyond_limit(connection, session).await?;
                    Ok(OpenedSession { user, ended })
                })
            })
            .await
    }

    async fn insert_api_token(&self, token: ApiTokenRecord) -> Result<Token, RepositoryError> {
        self.database
            .change(token, |connection, token| {
                Box::pin(async move {
                    hold(connection, token.user_id, token.session_id).await?;
                    if !session_stands(connection, token).await? {
                        return Err(RepositoryError::Conflict(CREDENTIALS_CHANGED).into());
                    }
                    if count_api_tokens(connection, token).await? >= i64::from(token.limit) {
                        return Err(RepositoryError::Conflict(TOO_MANY_TOKENS).into());
                    }
                    Ok(insert(connection, token.into()).await?.try_into()?)
                })
            })
            .await
    }

    async fn authenticate(
        &self,
        digest: TokenDigest,
        now: DateTime<Utc>,
    ) -> Result<Option<Authenticated>, RepositoryError> {
        self.database
            .look_up((digest, now), |connection, (digest, now)| {
                Box::pin(authenticate(connection, digest, *now))
            })
            .await
    }

    fn record_use(&self, id: TokenId, now: DateTime<Utc>, expires_at: Option<DateTime<Utc>>) {
        self.database
            .spawn_write((id, now, expires_at), |connection, &(id, now, end)| {
                Box::pin(async move {
                    let last_use = now - SessionPolicy::USE_RESOLUTION;
                    on_backend!(connection, |c| {
                        let update = diesel::update(tokens::table.find(StoredId::from(id)))
                            .filter(tokens::last_used_at.le(StoredInstant(last_use)))
                            .set((
                                tokens::last_used_at.eq(StoredInstant(now)),
                                tokens::expires_at.eq(end.map(StoredInstant)),
                            ));
                        Prepared(update).execute(c).await?
                    });
                    Ok(())
                })
            });
    }

    async fn list(
        &self,
        user_id: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Token>, RepositoryError> {
        self.database
            .read((user_id, now), |connection, &(user_id, now)| {
                Box::pin(async move {
                    let rows: Vec<TokenRow> = on_backend!(connection, |c| {
                        tokens::table
                            .filter(tokens::user_id.eq(StoredId::from(user_id)))
                            .filter(has_not_expired(StoredInstant(now)))
                            .order((tokens::created_at.desc(), tokens::id.desc()))
                            .select(TokenRow::as_select())
                            .load(c)
                            .await?
                    });
                    let tokens: Result<_, Corrupt> =
                        rows.into_iter().map(Token::try_from).collect();
                    Ok(tokens?)
                })
            })
            .await
    }

    async fn revoke(&self, user_id: UserId, id: TokenId) -> Result<(), RepositoryError> {
        self.database
            .write((user_id, id), |connection, &(user_id, id)| {
                Box::pin(async move {
                    let count = on_backend!(connection, |c| {
                        diesel::delete(tokens::table.find(StoredId::from(id)))
                            .filter(tokens::user_id.eq(StoredId::from(user_id)))
                            .execute(c)
                            .await?
                    });
                    match count {
                        0 => Err(RepositoryError::NotFound.into()),
                        _ => Ok(()),
                    }
                })
            })
            .await
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.database
            .sweep(now, |connection, now| {
                Box::pin(sweep_batch(connection, *now))
            })
            .await
    }
}

/// Marks the login on a user who is live, active, and has the hash that was
/// verified. The update looks and locks at once: a change that races it comes
/// wholly before, and is seen, or wholly after, and ends the new session.
async fn log_in(connection: &mut Connection, session: &SessionRecord) -> Result<User, Failure> {
    let hash = session.upgraded_hash.as_ref().map(|hash| hash.expose());
    let row: Option<UserRow> = on_backend!(connection, |c| {
        let update = diesel::update(users::table.find(StoredId::from(session.user_id)))
            .filter(users::deleted_at.is_null())
            .filter(users::is_active)
            .filter(users::password_hash.eq(session.verified_hash.expose()))
            .set((
                users::last_login_at.eq(Some(StoredInstant(session.at))),
                hash.map(|hash| users::password_hash.eq(hash)),
            ))
            .returning(UserRow::as_returning());
        Prepared(update).get_result(c).await.optional()?
    });
    let row = row.ok_or(RepositoryError::Conflict(CREDENTIALS_CHANGED))?;
    Ok(row.try_into()?)
}

/// Ends the sessions that were used longest ago, where the new one is one too many. The
/// login holds the user's row, so nobody else opens one meanwhile.
async fn end_sessions_beyond_limit(
    connection: &mut Connection,
    session: &SessionRecord,
) -> Result<Vec<TokenId>, Failure> {
    let others = session.limit.saturating_sub(1);
    let theirs = diesel::alias!(tokens as theirs);
    let beyond_limit = theirs
        .filter(
            theirs
                .field(tokens::user_id)
                .eq(StoredId::from(session.user_id)),
        )
        .filter(theirs.field(tokens::kind).eq(TokenKind::Session.as_str()))
        .filter(theirs.field(tokens::id).ne(StoredId::from(session.id)))
        .filter(
            theirs
                .field(tokens::expires_at)
                .gt(Some(StoredInstant(session.at))),
        )
        .order((
            theirs.field(tokens::last_used_at).desc(),
            theirs.field(tokens::id).desc(),
        ))
        .select(theirs.field(tokens::id))
        .offset(others.into());
    let ended: Vec<StoredId> = on_backend!(connection, |c| {
        diesel::delete(tokens::table)
            .filter(tokens::id.eq_any(beyond_limit))
            .returning(tokens::id)
            .get_results(c)
            .await?
    });
    Ok(ended.into_iter().map(|id| TokenId::new(id.0)).collect())
}

async fn insert(connection: &mut Connection, row: NewTokenRow<'_>) -> Result<TokenRow, Failure> {
    Ok(on_backend!(connection, |c| {
        let insert = diesel::insert_into(tokens::table)
            .values(row)
            .returning(TokenRow::as_returning());
        Prepared(insert).get_result(c).await?
    }))
}

/// Locks a user and one of the user's tokens until the transaction ends, in the order in which
/// changes to a user lock them.
async fn hold(connection: &mut Connection, user: UserId, token: TokenId) -> Result<(), Failure> {
    let user = users::table.find(StoredId::from(user)).select(users::id);
    connection.lock(Locked::for_update(user)).await?;
    let token = tokens::table.find(StoredId::from(token)).select(tokens::id);
    Ok(connection.lock(Locked::for_update(token)).await?)
}

async fn session_stands(
    connection: &mut Connection,
    token: &ApiTokenRecord,
) -> Result<bool, Failure> {
    Ok(on_backend!(connection, |c| {
        diesel::select(exists(
            tokens::table
                .inner_join(users::table)
                .filter(tokens::id.eq(StoredId::from(token.session_id)))
                .filter(tokens::user_id.eq(StoredId::from(token.user_id)))
                .filter(tokens::kind.eq(TokenKind::Session.as_str()))
                .filter(tokens::expires_at.gt(Some(StoredInstant(token.at))))
                .filter(users::deleted_at.is_null())
                .filter(users::is_active),
        ))
        .get_result(c)
        .await?
    }))
}

#[diesel::dsl::auto_type]
fn has_not_expired(now: StoredInstant) -> _ {
    let now: Option<StoredInstant> = Some(now);
    tokens::expires_at.is_null().or(tokens::expires_at.gt(now))
}

async fn count_api_tokens(
    connection: &mut Connection,
    token: &ApiTokenRecord,
) -> Result<i64, Failure> {
    Ok(on_backend!(connection, |c| {
        tokens::table
            .filter(tokens::user_id.eq(StoredId::from(token.user_id)))
            .filter(tokens::kind.eq(TokenKind::Api.as_str()))
            .filter(has_not_expired(StoredInstant(token.at)))
            .count()
            .get_result(c)
            .await?
    }))
}

async fn authenticate(
    connection: &mut Connection,
    digest: &TokenDigest,
    now: DateTime<Utc>,
) -> Result<Option<Authenticated>, Failure> {
    let found: Option<(TokenRow, String)> = on_backend!(connection, |c| {
        tokens::table
            .inner_join(users::table)
            .filter(tokens::digest.eq(digest.as_bytes().as_slice()))
            .filter(has_not_expired(StoredInstant(now)))
            .filter(users::deleted_at.is_null())
            .filter(users::is_active)
            .select((TokenRow::as_select(), users::role))
            .get_result(c)
            .await
            .optional()?
    });
    let Some((row, role)) = found else {
        return Ok(None);
    };
    let token = Token::try_from(row)?;
    let role = role
        .parse()
        .map_err(Corrupt::row("users", token.user_id.as_uuid()).column("role"))?;
    Ok(Some(Authenticated {
        principal: Principal {
            user_id: token.user_id,
            role,
            token_id: token.id,
            token_kind: token.kind,
        },
        token,
    }))
}

async fn sweep_batch(connection: &mut Connection, now: DateTime<Utc>) -> Result<u64, Failure> {
    let expired = diesel::alias!(tokens as expired);
    let batch = expired
        .filter(
            expired
                .field(tokens::expires_at)
                .le(Some(StoredInstant(now))),
        )
        .select(expired.field(tokens::id))
        .limit(SWEEP_BATCH.into());
    let count = on_backend!(connection, |c| {
        diesel::delete(tokens::table)
            .filter(tokens::id.eq_any(batch))
            // A use that is written down meanwhile puts the end off.
            .filter(tokens::expires_at.le(Some(StoredInstant(now))))
            .execute(c)
            .await?
    });
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}
