use std::net::IpAddr;

use chrono::TimeDelta;
use hexpress_domain::auth::{ApiTokenRecord, LoginAttempt, SessionRecord, TokenDigest, TokenId};
use hexpress_domain::id::Id;
use hexpress_domain::user::UserId;

use super::{CountingIds, hash, now};

/// One of at most a hundred sessions of a user whose password was verified against the
/// hash `first`. It ends in a fortnight.
#[must_use]
pub fn session(user_id: UserId) -> SessionRecord {
    let id = Id::generate(&CountingIds);
    SessionRecord {
        id,
        user_id,
        digest: digest(id),
        verified_hash: hash("first"),
        upgraded_hash: None,
        expires_at: now() + TimeDelta::days(14),
        at: now(),
        limit: 100,
    }
}

/// One of at most fifty API tokens that a session asks for. It has no end.
#[must_use]
pub fn api_token(user_id: UserId, session_id: TokenId) -> ApiTokenRecord {
    let id = Id::generate(&CountingIds);
    ApiTokenRecord {
        id,
        user_id,
        session_id,
        digest: digest(id),
        name: "deploy".parse().unwrap(),
        expires_at: None,
        at: now(),
        limit: 50,
    }
}

/// A digest that no other token has.
#[must_use]
pub fn digest(id: TokenId) -> TokenDigest {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(id.as_uuid().as_bytes());
    TokenDigest::new(bytes)
}

/// A guess at the password of the user of this number, from the address of that.
#[must_use]
pub fn attempt(email: u32, address: u8) -> LoginAttempt {
    LoginAttempt {
        email: format!("user{email}@example.org").parse().unwrap(),
        address: IpAddr::from([192, 0, 2, address]).into(),
        at: now(),
    }
}
