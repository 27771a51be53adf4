use std::fmt;
use std::str::FromStr;

use crate::validation::{NulError, without_nul};

/// What a post says: 1 to 1,000,000 characters that are not all white space. Kept
/// as it was sent, white space around it too.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Content(String);

/// A short text about a post: at most 500 characters, trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Excerpt(String);

/// Why a text is no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Nothing but white space.
    #[error("Content is required")]
    Blank,
    /// More than [`Content::MAX_LENGTH`] characters.
    #[error("Content must be at most {} characters long", Content::MAX_LENGTH)]
    TooLong,
    /// It holds U+0000.
    #[error(transparent)]
    Nul(#[from] NulError),
}

/// Why a text is no excerpt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExcerptError {
    /// More than [`Excerpt::MAX_LENGTH`] characters.
    #[error("Excerpt must be at most {} characters long", Excerpt::MAX_LENGTH)]
    TooLong,
    /// It holds U+0000.
    #[error(transparent)]
    Nul(#[from] NulError),
}

impl Content {
    /// The longest content, in characters.
    pub const MAX_LENGTH: usize = 1_000_000;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Excerpt {
    /// The longest excerpt, in characters.
    pub const MAX_LENGTH: usize = 500;

    /// The text, which may be empty.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A post may be a book: `Debug` tells its length alone.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.0.len())
    }
}

impl TryFrom<String> for Content {
    type Error = ContentError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        without_nul(&text)?;
        if text.chars().all(char::is_whitespace) {
            return Err(ContentError::Blank);
        }
        if text.chars().count() > Self::MAX_LENGTH {
            return Err(ContentError::TooLong);
        }
        Ok(Self(text))
    }
}

impl FromStr for Content {
    type Err = ContentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl FromStr for Excerpt {
    type Err = ExcerptError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = without_nul(text.trim())?;
        if text.chars().count() > Self::MAX_LENGTH {
            return Err(ExcerptError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Excerpt {
    type Error = ExcerptError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Content> for String {
    fn from(content: Content) -> Self {
        content.0
    }
}

impl From<Excerpt> for String {
    fn from(excerpt: Excerpt) -> Self {
        excerpt.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_kept_as_it_is() {
        let text = "\n  Once upon a time …  \n";
        let content = text.parse::<Content>().map(String::from);
        assert_eq!(content.as_deref(), Ok(text));
    }

    #[test]
    fn content_is_not_blank_and_bounded() {
        assert_eq!(" \n\u{a0}".parse::<Content>(), Err(ContentError::Blank));
        assert_eq!("".parse::<Content>(), Err(ContentError::Blank));
        assert_eq!("a\0".parse::<Content>(), Err(ContentError::Nul(NulError)));
        assert!("🦀".repeat(1_000_000).parse::<Content>().is_ok());
        let longer = "a".repeat(1_000_001).parse::<Content>();
        assert_eq!(longer, Err(ContentError::TooLong));
    }

    #[test]
    fn an_excerpt_is_trimmed_and_bounded() {
        let excerpt = " In short ".parse::<Excerpt>().map(String::from);
        assert_eq!(excerpt.as_deref(), Ok("In short"));
        assert!("ж".repeat(500).parse::<Excerpt>().is_ok());
        let longer = "a".repeat(501).parse::<Excerpt>();
        assert_eq!(longer, Err(ExcerptError::TooLong));
    }
}
