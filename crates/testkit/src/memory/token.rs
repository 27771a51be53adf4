use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::auth::{
    ApiTokenRecord, Authenticated, CREDENTIALS_CHANGED, OpenedSession, Principal, SessionRecord,
    TOO_MANY_TOKENS, Token, TokenDigest, TokenId, TokenKind, TokenRepository,
};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{User, UserId};

use super::{MemoryStore, State, TokenRow};

fn has_expired(token: &Token, now: DateTime<Utc>) -> bool {
    token.expires_at.is_some_and(|end| end <= now)
}

fn may_log_in(user: &User) -> bool {
    user.is_live() && user.is_active
}

impl State {
    fn log_in(&mut self, session: SessionRecord) -> Result<OpenedSession, RepositoryError> {
        let row = self.users.get_mut(&session.user_id);
        let row = row
            .filter(|row| may_log_in(&row.user) && row.hash == session.verified_hash)
            .ok_or(RepositoryError::Conflict(CREDENTIALS_CHANGED))?;
        row.user.last_login_at = Some(session.at);
        if let Some(hash) = session.upgraded_hash {
            row.hash = hash;
        }
        let user = row.user.clone();
        let token = Token {
            id: session.id,
            user_id: session.user_id,
            kind: TokenKind::Session,
            name: None,
            created_at: session.at,
            last_used_at: session.at,
            expires_at: Some(session.expires_at),
        };
        let digest = session.digest;
        let ended = self.end_sessions_for(&token, session.limit);
        self.tokens.insert(token.id, TokenRow { token, digest });
        Ok(OpenedSession { user, ended })
    }

    /// Ends the sessions that were used longest ago, so that there is room for a new one.
    fn end_sessions_for(&mut self, new: &Token, limit: u32) -> Vec<TokenId> {
        let tokens = self.tokens.values().map(|row| &row.token);
        let others = tokens.filter(|token| {
            token.user_id == new.user_id
                && token.kind == TokenKind::Session
                && !has_expired(token, new.created_at)
        });
        let mut others: Vec<_> = others.map(|token| (token.last_used_at, token.id)).collect();
        others.sort_unstable();
        let room = usize::try_from(limit.saturating_sub(1)).unwrap_or(usize::MAX);
        others.truncate(others.len().saturating_sub(room));
        let ended: Vec<_> = others.into_iter().map(|(_, id)| id).collect();
        for id in &ended {
            self.tokens.remove(id);
        }
        ended
    }

    fn insert_api_token(&mut self, record: ApiTokenRecord) -> Result<Token, RepositoryError> {
        let is_theirs = |row: &&TokenRow| {
            row.token.user_id == record.user_id && !has_expired(&row.token, record.at)
        };
        let session = self.tokens.get(&record.session_id).filter(is_theirs);
        let user = self.users.get(&record.user_id);
        if !session.is_some_and(|row| row.token.kind == TokenKind::Session)
            || !user.is_some_and(|row| may_log_in(&row.user))
        {
            return Err(RepositoryError::Conflict(CREDENTIALS_CHANGED));
        }
        let theirs = self.tokens.values().filter(is_theirs);
        let count = theirs
            .filter(|row| row.token.kind == TokenKind::Api)
            .count();
        if u32::try_from(count).is_ok_and(|count| count >= record.limit) {
            return Err(RepositoryError::Conflict(TOO_MANY_TOKENS));
        }
        let token = Token {
            id: record.id,
            user_id: record.user_id,
            kind: TokenKind::Api,
            name: Some(record.name),
            created_at: record.at,
            last_used_at: record.at,
            expires_at: record.expires_at,
        };
        let row = TokenRow {
            token: token.clone(),
            digest: record.digest,
        };
        self.tokens.insert(token.id, row);
        Ok(token)
    }
}

#[async_trait]
impl TokenRepository for MemoryStore {
    async fn open_session(&self, session: SessionRecord) -> Result<OpenedSession, RepositoryError> {
        self.state().log_in(session)
    }

    async fn insert_api_token(&self, token: ApiTokenRecord) -> Result<Token, RepositoryError> {
        self.state().insert_api_token(token)
    }

    async fn authenticate(
        &self,
        digest: TokenDigest,
        now: DateTime<Utc>,
    ) -> Result<Option<Authenticated>, RepositoryError> {
        let state = self.state();
        let mut tokens = state.tokens.values().filter(|row| row.digest == digest);
        let found = tokens.find_map(|TokenRow { token, .. }| {
            let user = &state.users.get(&token.user_id)?.user;
            let principal = Principal {
                user_id: user.id,
                role: user.role,
                token_id: token.id,
                token_kind: token.kind,
            };
            let stands = may_log_in(user) && !has_expired(token, now);
            stands.then(|| Authenticated {
                principal,
                token: token.clone(),
            })
        });
        Ok(found)
    }

    fn record_use(&self, id: TokenId, now: DateTime<Utc>, expires_at: Option<DateTime<Utc>>) {
        let mut state = self.state();
        let token = state.tokens.get_mut(&id).map(|row| &mut row.token);
        if let Some(token) = token.filter(|token| token.use_is_due(now)) {
            token.last_used_at = now;
            token.expires_at = expires_at;
        }
    }

    async fn list(
        &self,
        user_id: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Token>, RepositoryError> {
        let state = self.state();
        let tokens = state.tokens.values().map(|row| &row.token);
        let theirs = tokens.filter(|token| token.user_id == user_id && !has_expired(token, now));
        let mut theirs: Vec<_> = theirs.cloned().collect();
        theirs.sort_by_key(|token| std::cmp::Reverse((token.created_at, token.id)));
        Ok(theirs)
    }

    async fn revoke(&self, user_id: UserId, id: TokenId) -> Result<(), RepositoryError> {
        let mut state = self.state();
        let token = state.tokens.get(&id);
        if token.is_none_or(|row| row.token.user_id != user_id) {
            return Err(RepositoryError::NotFound);
        }
        state.tokens.remove(&id);
        Ok(())
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        let mut state = self.state();
        let before = state.tokens.len();
        state.tokens.retain(|_, row| !has_expired(&row.token, now));
        let removed = before - state.tokens.len();
        Ok(u64::try_from(removed).unwrap_or(u64::MAX))
    }
}
