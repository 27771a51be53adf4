use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::auth::{
    ApiTokenRecord, Authenticated, OpenedSession, SessionRecord, Token, TokenDigest, TokenId,
    TokenRepository,
};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::UserId;
use quick_cache::sync::Cache;

use super::invalidations::{Invalidations, Subject};
use super::reads::{Kept, Reads};

/// How long an instance goes by what it has read of a caller, from the beginning of
/// that read.
pub const CALLER_MAX_AGE: Duration = Duration::from_millis(100);

/// How long after its commit a write returns that takes rights away. Longer than
/// [`CALLER_MAX_AGE`], so that a request which begins after the answer meets them
/// nowhere: on every instance, with no messages between them.
pub const CALLER_WAIT: Duration = Duration::from_millis(120);

/// How often one instance writes down that a token is used, at most, while it goes by
/// what it read before the first such write.
const USE_INTERVAL: TimeDelta = TimeDelta::seconds(1);
/// How many tokens that is known of.
const USES: usize = 10_000;

/// Returns when no instance goes any more by what it read of callers before now. Every
/// process waits, whether or not it keeps anything itself: others may.
pub(super) async fn wait_for_callers() {
    tokio::time::sleep(CALLER_WAIT).await;
}

/// Keeps for whom tokens vouch.
pub(super) struct CachingTokenRepository {
    tokens: Arc<dyn TokenRepository>,
    kept: Arc<Reads<KeptCaller>>,
    /// When the use of a token was last written down.
    uses: Cache<TokenId, DateTime<Utc>>,
    invalidations: Arc<Invalidations>,
}

#[derive(Clone)]
pub(super) struct KeptCaller(Authenticated);

impl Kept for KeptCaller {
    type Key = TokenDigest;

    fn weight(&self) -> u64 {
        256
    }

    fn subjects(_: &TokenDigest, found: Option<&Self>) -> impl Iterator<Item = Subject> {
        let found = found.map(|KeptCaller(found)| {
            [
                Subject::Token(found.token.id),
                Subject::Caller(found.principal.user_id),
            ]
        });
        found.into_iter().flatten()
    }
}

impl CachingTokenRepository {
    pub(super) fn new(
        tokens: Arc<dyn TokenRepository>,
        kept: Arc<Reads<KeptCaller>>,
        invalidations: Arc<Invalidations>,
    ) -> Self {
        Self {
            tokens,
            kept,
            uses: Cache::new(USES),
            invalidations,
        }
    }
}

#[async_trait]
impl TokenRepository for CachingTokenRepository {
    async fn open_session(&self, session: SessionRecord) -> Result<OpenedSession, RepositoryError> {
        let opened = self.tokens.open_session(session).await?;
        if !opened.ended.is_empty() {
            let ended = opened.ended.iter().copied().map(Subject::Token);
            self.invalidations.written(ended);
            wait_for_callers().await;
        }
        Ok(opened)
    }

    async fn insert_api_token(&self, token: ApiTokenRecord) -> Result<Token, RepositoryError> {
        self.tokens.insert_api_token(token).await
    }

    async fn authenticate(
        &self,
        digest: TokenDigest,
        now: DateTime<Utc>,
    ) -> Result<Option<Authenticated>, RepositoryError> {
        let read = async {
            let found = self.tokens.authenticate(digest, now).await?;
            Ok(found.map(KeptCaller))
        };
        let found = self.kept.get(&digest, Option::as_ref, read).await?;
        let found = found.map(|KeptCaller(found)| found);
        match &found {
            // It may have been used since, and live longer.
            Some(known) if known.token.expires_at.is_some_and(|end| end <= now) => {
                self.tokens.authenticate(digest, now).await
            }
            _ => Ok(found),
        }
    }

    fn record_use(&self, id: TokenId, now: DateTime<Utc>, expires_at: Option<DateTime<Utc>>) {
        let last = self.uses.get(&id);
        if last.is_none_or(|last| now - last >= USE_INTERVAL) {
            self.uses.insert(id, now);
            self.tokens.record_use(id, now, expires_at);
        }
    }

    async fn list(
        &self,
        user_id: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Token>, RepositoryError> {
        self.tokens.list(user_id, now).await
    }

    /// Waits after every outcome: where somebody else was faster, that write may not
    /// have returned yet.
    async fn revoke(&self, user_id: UserId, id: TokenId) -> Result<(), RepositoryError> {
        let outcome = self.tokens.revoke(user_id, id).await;
        self.invalidations.written([Subject::Token(id)]);
        wait_for_callers().await;
        outcome
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.tokens.sweep(now).await
    }
}
