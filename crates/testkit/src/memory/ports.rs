use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_app::Ports;
use hexpress_domain::auth::{
    HasherError, MintedToken, PasswordHasher, TokenDigest, TokenMint, TokenSecret, Verification,
};
use hexpress_domain::clock::{Clock, IdGenerator, to_milliseconds};
use hexpress_domain::health::{StoreProbe, StoreState};
use hexpress_domain::repository::Source;
use hexpress_domain::user::{Password, PasswordHash};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{MemoryLoginGuard, MemoryStore};

impl MemoryStore {
    /// A port of every kind, on this store alone: nothing is cached, guesses at passwords
    /// have no limit, time and ids are the machine's. For tests only: a password's hash
    /// has no salt and takes no time.
    #[must_use]
    pub fn ports(self: &Arc<Self>) -> Ports {
        Ports {
            users: self.clone(),
            tokens: self.clone(),
            hasher: Arc::new(Machine),
            mint: Arc::new(Machine),
            guard: Arc::new(MemoryLoginGuard::new(0)),
            posts: self.clone(),
            post_reader: self.clone(),
            views: self.clone(),
            view_batches: self.clone(),
            products: self.clone(),
            product_reader: self.clone(),
            orders: self.clone(),
            store: Arc::new(Machine),
            clock: Arc::new(Machine),
            ids: Arc::new(Machine),
        }
    }
}

/// The ports that keep nothing.
struct Machine;

impl Clock for Machine {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter that all others get their time from"
    )]
    fn now(&self) -> DateTime<Utc> {
        to_milliseconds(Utc::now())
    }
}

impl IdGenerator for Machine {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter that all others get their ids from"
    )]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

impl TokenMint for Machine {
    fn mint(&self) -> Result<MintedToken, Source> {
        let random = [(); 2].map(|()| self.uuid().simple().to_string()).concat();
        let mut text = format!("{}{}", TokenSecret::PREFIX, digest_of(&random));
        text.truncate(TokenSecret::PREFIX.len() + TokenSecret::RANDOM_LENGTH);
        let secret: TokenSecret = text.parse()?;
        let digest = self.digest(secret.clone());
        Ok(MintedToken { secret, digest })
    }

    fn digest(&self, secret: TokenSecret) -> TokenDigest {
        TokenDigest::new(Sha256::digest(secret.expose()).into())
    }
}

#[async_trait]
impl PasswordHasher for Machine {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HasherError> {
        Ok(PasswordHash::new(digest_of(password.normalized())))
    }

    async fn verify(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HasherError> {
        let matches = |spelling: &&str| {
            let hash = hash.as_ref().map(PasswordHash::expose);
            hash == Some(&digest_of(spelling))
        };
        let found = password.spellings().find(matches);
        Ok(
            found.map_or(Verification::Mismatch, |spelling| Verification::Match {
                outdated: spelling != password.normalized(),
            }),
        )
    }
}

/// The SHA-256 of the text, in hexadecimal.
fn digest_of(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[async_trait]
impl StoreProbe for Machine {
    async fn state(&self) -> StoreState {
        StoreState::Ready
    }
}
