use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use strum::IntoStaticStr;
use zeroize::Zeroizing;

use super::TokenName;
use crate::id::Id;
use crate::user::UserId;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum TokenKind {
    /// Made by a login, for a person. It ends when it is not used.
    Session,
    /// Made by a person for a program. It has no idle end.
    Api,
}

impl TokenKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Session, Self::Api];

    /// The kind's name, as the API and the store spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A bearer token (RFC 6750) as its holder knows it: `hxp_` and 43 characters of
/// base62, which hold 256 random bits. Shown once, never stored; its `Debug`
/// shows nothing of it, and its memory is overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(Zeroizing<String>);

/// The text has not the form of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the form of a token")]
pub struct TokenSecretError;

impl TokenSecret {
    /// What every token begins with, so that scanners find leaked ones.
    pub const PREFIX: &'static str = "hxp_";
    /// How many characters of base62 hold 256 bits.
    pub const RANDOM_LENGTH: usize = 43;

    /// The token in clear.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenSecret {
    type Err = TokenSecretError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let random = text.strip_prefix(Self::PREFIX).ok_or(TokenSecretError)?;
        if random.len() != Self::RANDOM_LENGTH
            || !random.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return Err(TokenSecretError);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The SHA-256 of a token: what the store holds. A token is random enough that
/// its digest needs no salt and no slow hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// Takes a SHA-256.
    #[must_use]
    pub const fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// The SHA-256.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A token that was just made, and what to store of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintedToken {
    /// For its holder, once.
    pub secret: TokenSecret,
    /// For the store.
    pub digest: TokenDigest,
}

/// The id of a token: names it in lists and logs, and proves nothing.
pub type TokenId = Id<Token>;

/// What is known of a token beside its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The id.
    pub id: TokenId,
    /// Whose token it is.
    pub user_id: UserId,
    /// What it is for.
    pub kind: TokenKind,
    /// The name that an API token was given; a session has none.
    pub name: Option<TokenName>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute; at first when it was made.
    pub last_used_at: DateTime<Utc>,
    /// When it ends unless it is used before; `None` is never.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Which tokens of a user end together with a change to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// None of them.
    None,
    /// All of them.
    All,
    /// All but the one in use.
    AllBut(TokenId),
}

/// How long sessions live, and how many a user may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    /// How long after its last use a session ends.
    pub idle: TimeDelta,
    /// How long after the login a session ends, however much it is used.
    pub max: TimeDelta,
    /// How many sessions a user may have; at least 1. A login beyond it ends the session
    /// that was used longest ago.
    pub per_user: u32,
}

/// Two weeks after the last use, three months after the login; a hundred of each user.
impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            idle: TimeDelta::days(14),
            max: TimeDelta::days(90),
            per_user: 100,
        }
    }
}

impl SessionPolicy {
    /// How often the use of a token is written down at most.
    pub const USE_RESOLUTION: TimeDelta = TimeDelta::minutes(1);

    /// When a session ends that was made and last used at these times.
    #[must_use]
    pub fn expiry(&self, created_at: DateTime<Utc>, used_at: DateTime<Utc>) -> DateTime<Utc> {
        let idle_end = used_at + self.idle;
        let max_end = created_at + self.max;
        idle_end.min(max_end)
    }
}

impl Token {
    /// When a token ends that is used now; `None` is never.
    #[must_use]
    pub fn expiry_when_used(
        &self,
        policy: &SessionPolicy,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        match self.kind {
            TokenKind::Session => Some(policy.expiry(self.created_at, now)),
            TokenKind::Api => self.expires_at,
        }
    }

    /// Whether a use now is worth writing down: [`SessionPolicy::USE_RESOLUTION`]
    /// has gone by since the last one that was.
    #[must_use]
    pub fn use_is_due(&self, now: DateTime<Utc>) -> bool {
        now - self.last_used_at >= SessionPolicy::USE_RESOLUTION
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_its_own_form() {
        let random = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg";
        assert!(format!("hxp_{random}").parse::<TokenSecret>().is_ok());
        for text in [
            random.to_owned(),
            format!("hxp_{random}0"),
            format!("HXP_{random}"),
            format!("hxp_{}-", "0".repeat(42)),
            "hxp_".to_owned(),
            String::new(),
        ] {
            assert_eq!(text.parse::<TokenSecret>(), Err(TokenSecretError), "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let secret: TokenSecret = format!("hxp_{}", "a".repeat(43)).parse().unwrap();
        assert_eq!(format!("{secret:?}"), "[redacted]");
        assert_eq!(format!("{:?}", TokenDigest::new([1; 32])), "[redacted]");
    }

    #[test]
    fn a_session_ends_at_the_earlier_of_two_times() {
        let policy = SessionPolicy::default();
        let login = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let day = |days| login + TimeDelta::days(days);
        assert_eq!(policy.expiry(login, login), day(14));
        assert_eq!(policy.expiry(login, day(10)), day(24));
        assert_eq!(policy.expiry(login, day(80)), day(90));
    }
}
