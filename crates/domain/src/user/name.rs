use std::fmt;
use std::str::FromStr;

use crate::validation::{NulError, without_nul};

/// The longest first or last name, in characters.
const MAX_LENGTH: usize = 100;

/// A first name: 1 to 100 characters, trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct FirstName(String);

/// A last name: at most 100 characters, trimmed; empty for people with one name only.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct LastName(String);

/// A person's name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PersonName {
    /// The first name.
    pub first: FirstName,
    /// The last name.
    pub last: LastName,
}

/// Why a text is no part of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The first name is empty.
    #[error("First name is required")]
    FirstEmpty,
    /// The first name has more than 100 characters.
    #[error("First name must be at most {MAX_LENGTH} characters long")]
    FirstTooLong,
    /// The last name has more than 100 characters.
    #[error("Last name must be at most {MAX_LENGTH} characters long")]
    LastTooLong,
    /// It holds U+0000.
    #[error(transparent)]
    Nul(#[from] NulError),
}

impl FirstName {
    /// The longest first name, in characters.
    pub const MAX_LENGTH: usize = MAX_LENGTH;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl LastName {
    /// The longest last name, in characters.
    pub const MAX_LENGTH: usize = MAX_LENGTH;

    /// The name, which may be empty.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PersonName {
    /// Both parts, with no trailing blank where there is no last name.
    #[must_use]
    pub fn full(&self) -> String {
        format!("{} {}", self.first.0, self.last.0)
            .trim_end()
            .to_owned()
    }
}

impl FromStr for FirstName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = without_nul(text.trim())?;
        match text.chars().count() {
            0 => Err(NameError::FirstEmpty),
            length if length > MAX_LENGTH => Err(NameError::FirstTooLong),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl FromStr for LastName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = without_nul(text.trim())?;
        if text.chars().count() > MAX_LENGTH {
            return Err(NameError::LastTooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for FirstName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for LastName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<FirstName> for String {
    fn from(name: FirstName) -> Self {
        name.0
    }
}

impl From<LastName> for String {
    fn from(name: LastName) -> Self {
        name.0
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(first: &str, last: &str) -> Result<PersonName, NameError> {
        Ok(PersonName {
            first: first.parse()?,
            last: last.parse()?,
        })
    }

    #[test]
    fn is_trimmed_and_bounded() {
        let ada = name("  Ada ", "\tLovelace\n");
        assert_eq!(ada.map(|name| name.full()).as_deref(), Ok("Ada Lovelace"));
        assert_eq!(name(" ", ""), Err(NameError::FirstEmpty));
        assert!(name(&"ж".repeat(100), &"ж".repeat(100)).is_ok());
        assert_eq!(name(&"a".repeat(101), ""), Err(NameError::FirstTooLong));
        assert_eq!(name("a", &"a".repeat(101)), Err(NameError::LastTooLong));
        assert_eq!(name("a\0", ""), Err(NameError::Nul(NulError)));
    }

    #[test]
    fn a_single_name_has_no_trailing_blank() {
        let plato = name("Plato", " ").map(|name| name.full());
        assert_eq!(plato.as_deref(), Ok("Plato"));
    }
}
