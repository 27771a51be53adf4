use std::str::FromStr;

use chrono::{DateTime, Utc};

/// A key that a client gives to one request, so that sending the request again has no
/// second effect: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must be 1 to {} visible ASCII characters", IdempotencyKey::MAX_LENGTH)]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// The longest key, in characters.
    pub const MAX_LENGTH: usize = 255;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_visible && (1..=Self::MAX_LENGTH).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdempotencyKeyError)
        }
    }
}

/// A key, and how long it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The key, one user's own.
    pub key: IdempotencyKey,
    /// When it is forgotten.
    pub expires_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_and_bounded() {
        let long = "~".repeat(255);
        for text in ["!", "a-1", "550e8400-e29b-41d4-a716-446655440000", &long] {
            let key = text.parse::<IdempotencyKey>();
            assert_eq!(key.as_ref().map(IdempotencyKey::as_str), Ok(text));
        }
        for text in ["", " ", "a b", "a\t", "ä", "\u{7f}", "\0", &"a".repeat(256)] {
            assert_eq!(text.parse::<IdempotencyKey>(), Err(IdempotencyKeyError));
        }
    }
}
