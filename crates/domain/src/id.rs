//! The id type of every entity. Each aggregate names its own: `UserId` is `Id<User>`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use uuid::Uuid;

use crate::clock::IdGenerator;

/// The text is no UUID in its usual, hyphenated form (RFC 9562, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must be a UUID")]
pub struct IdError;

/// The id of one kind of entity: a UUID that cannot be used for another kind.
///
/// ```compile_fail
/// # use hexpress_domain::post::PostId;
/// # use hexpress_domain::user::UserId;
/// # use uuid::Uuid;
/// let author: UserId = PostId::new(Uuid::nil());
/// ```
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String", bound = "")
)]
pub struct Id<Of> {
    uuid: Uuid,
    /// Names the kind, without owning one.
    of: PhantomData<fn() -> Of>,
}

impl<Of> Id<Of> {
    /// Takes a UUID for an id.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self {
            uuid,
            of: PhantomData,
        }
    }

    /// A new id: a UUID of version 7 (RFC 9562), so that later ids sort later.
    #[must_use]
    pub fn generate(ids: &dyn IdGenerator) -> Self {
        Self::new(ids.uuid())
    }

    /// The UUID itself.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.uuid
    }
}

impl<Of> From<Id<Of>> for Uuid {
    fn from(id: Id<Of>) -> Self {
        id.uuid
    }
}

// By hand, since derived ones would ask the same of the entity.

impl<Of> Clone for Id<Of> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Of> Copy for Id<Of> {}

impl<Of> PartialEq for Id<Of> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<Of> Eq for Id<Of> {}

impl<Of> PartialOrd for Id<Of> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<Of> Ord for Id<Of> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<Of> Hash for Id<Of> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<Of> fmt::Debug for Id<Of> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}

impl<Of> fmt::Display for Id<Of> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}

/// `Uuid` also reads braces, URNs and bare digits; a URL has one spelling here.
impl<Of> FromStr for Id<Of> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const HYPHENATED_LENGTH: usize = 36;
        if text.len() != HYPHENATED_LENGTH {
            return Err(IdError);
        }
        Uuid::try_parse(text).map(Self::new).map_err(|_| IdError)
    }
}

impl<Of> TryFrom<String> for Id<Of> {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl<Of> From<Id<Of>> for String {
    fn from(id: Id<Of>) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::UserId;

    #[test]
    fn reads_what_it_writes() {
        let text = "0192d3a4-5b6c-7d8e-9f01-23456789abcd";
        assert_eq!(
            text.parse::<UserId>().map(|id| id.to_string()).as_deref(),
            Ok(text)
        );
    }

    #[test]
    fn refuses_other_spellings() {
        for text in [
            "",
            "1",
            "0192d3a45b6c7d8e9f0123456789abcd",
            "{0192d3a4-5b6c-7d8e-9f01-23456789abcd}",
            "urn:uuid:0192d3a4-5b6c-7d8e-9f01-23456789abcd",
            "0192d3a4-5b6c-7d8e-9f01-23456789abcg",
        ] {
            assert_eq!(text.parse::<UserId>(), Err(IdError), "{text}");
        }
    }
}
