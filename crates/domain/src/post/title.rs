use std::fmt;
use std::str::FromStr;

use crate::validation::{NulError, without_nul};

/// The title of a post: 3 to 200 characters, trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Title(String);

/// Why a text is no title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TitleError {
    /// Nothing but white space.
    #[error("Title is required")]
    Empty,
    /// Fewer than [`Title::MIN_LENGTH`] or more than [`Title::MAX_LENGTH`] characters.
    #[error(
        "Title must be between {} and {} characters",
        Title::MIN_LENGTH,
        Title::MAX_LENGTH
    )]
    Length,
    /// It holds U+0000.
    #[error(transparent)]
    Nul(#[from] NulError),
}

impl Title {
    /// The shortest title, in characters.
    pub const MIN_LENGTH: usize = 3;
    /// The longest title, in characters.
    pub const MAX_LENGTH: usize = 200;

    /// The title.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Title {
    type Err = TitleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = without_nul(text.trim())?;
        match text.chars().count() {
            0 => Err(TitleError::Empty),
            Self::MIN_LENGTH..=Self::MAX_LENGTH => Ok(Self(text.to_owned())),
            _ => Err(TitleError::Length),
        }
    }
}

impl TryFrom<String> for Title {
    type Error = TitleError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Title> for String {
    fn from(title: Title) -> Self {
        title.0
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_trimmed_and_bounded() {
        let title = "  On Computing\n".parse::<Title>().map(String::from);
        assert_eq!(title.as_deref(), Ok("On Computing"));
        assert!("ж".repeat(200).parse::<Title>().is_ok());
        for text in ["ab".to_owned(), "ж".repeat(201)] {
            assert_eq!(text.parse::<Title>(), Err(TitleError::Length));
        }
        assert_eq!(" \t".parse::<Title>(), Err(TitleError::Empty));
        assert_eq!("abc\0".parse::<Title>(), Err(TitleError::Nul(NulError)));
    }
}
