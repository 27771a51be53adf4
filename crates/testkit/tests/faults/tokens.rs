use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::auth::{
    ApiTokenRecord, Authenticated, OpenedSession, SessionRecord, Token, TokenDigest, TokenId,
    TokenRepository,
};
use hexpress_domain::entity::Liveness;
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{Role, UserId, UserRepository};
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::samples::session;
use hexpress_testkit::token::PROMISES;

use crate::assert_found;
use crate::users::accounts;

pub struct FaultyTokens {
    tokens: Arc<MemoryStore>,
    opened: Arc<Mutex<Vec<SessionRecord>>>,
    /// What was found, for a cache that is never told what happens to users.
    seen: Mutex<HashMap<TokenDigest, Authenticated>>,
    fault: &'static str,
}

#[tokio::test(start_paused = true)]
async fn each_is_found_by_the_name_of_its_promise() {
    assert_found(PROMISES, false, accounts).await;
}

impl FaultyTokens {
    pub fn new(
        store: &Arc<MemoryStore>,
        opened: &Arc<Mutex<Vec<SessionRecord>>>,
        fault: &'static str,
    ) -> Self {
        Self {
            tokens: store.clone(),
            opened: opened.clone(),
            seen: Mutex::default(),
            fault,
        }
    }

    fn tokens(&self) -> &dyn TokenRepository {
        &*self.tokens
    }
}

#[async_trait]
impl TokenRepository for FaultyTokens {
    async fn open_session(
        &self,
        mut session: SessionRecord,
    ) -> Result<OpenedSession, RepositoryError> {
        self.opened.lock().unwrap().push(session.clone());
        match self.fault {
            "a_session_can_replace_the_hash" => session.upgraded_hash = None,
            "a_session_beyond_the_limit_ends_the_one_used_longest_ago" => session.limit = u32::MAX,
            "racing_logins_do_not_pass_the_limit_together" => session.limit += 1,
            "a_session_needs_the_user_as_verified" => {
                let users: &dyn UserRepository = &*self.tokens;
                let user = users.find(session.user_id, Liveness::Live).await?;
                if let Some(user) = user {
                    let hash = users.password_hash(user.id).await?;
                    session.verified_hash = hash.unwrap();
                }
            }
            _ => {}
        }
        self.tokens().open_session(session).await
    }

    async fn insert_api_token(&self, mut token: ApiTokenRecord) -> Result<Token, RepositoryError> {
        match self.fault {
            "racing_api_tokens_do_not_pass_the_limit_together" => token.limit += 1,
            "an_api_token_needs_a_session_that_stands" => {
                let another = session(token.user_id);
                token.session_id = another.id;
                self.tokens().open_session(another).await?;
            }
            _ => {}
        }
        self.tokens().insert_api_token(token).await
    }

    async fn authenticate(
        &self,
        digest: TokenDigest,
        mut now: DateTime<Utc>,
    ) -> Result<Option<Authenticated>, RepositoryError> {
        if self.fault == "an_expired_token_lets_nobody_in" {
            now -= TimeDelta::seconds(1);
        }
        let mut found = self.tokens().authenticate(digest, now).await?;
        match self.fault {
            "a_session_stands_for_its_user" => {
                if let Some(found) = &mut found {
                    found.principal.role = Role::Admin;
                }
            }
            "what_happens_to_the_user_bites_at_once" => {
                let mut seen = self.seen.lock().unwrap();
                if let Some(found) = &found {
                    seen.entry(digest).or_insert_with(|| found.clone());
                }
                found = seen.get(&digest).cloned();
            }
            _ => {}
        }
        Ok(found)
    }

    fn record_use(&self, id: TokenId, now: DateTime<Utc>, expires_at: Option<DateTime<Utc>>) {
        if self.fault != "a_use_is_written_down" {
            self.tokens().record_use(id, now, expires_at);
        }
    }

    async fn list(
        &self,
        user_id: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Token>, RepositoryError> {
        let mut tokens = self.tokens().list(user_id, now).await?;
        if self.fault == "tokens_are_listed_newest_first_without_expired_ones" {
            tokens.reverse();
        }
        Ok(tokens)
    }

    async fn revoke(&self, user_id: UserId, id: TokenId) -> Result<(), RepositoryError> {
        match self.tokens().revoke(user_id, id).await {
            Err(_) if self.fault == "only_own_tokens_are_revoked" => Ok(()),
            outcome => outcome,
        }
    }

    async fn sweep(&self, mut now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        if self.fault == "a_sweep_removes_expired_tokens_alone" {
            now += TimeDelta::days(30);
        }
        self.tokens().sweep(now).await
    }
}
