use std::str::FromStr;

use crate::validation::{NulError, without_nul};

/// What a product is called: 1 to 200 characters, trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct ProductName(String);

/// What is said of a product: at most 5,000 characters, trimmed; empty by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Description(String);

/// Why a text is no product's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProductNameError {
    /// Nothing but white space.
    #[error("Name is required")]
    Empty,
    /// More than [`ProductName::MAX_LENGTH`] characters.
    #[error("Name must be at most {} characters long", ProductName::MAX_LENGTH)]
    TooLong,
    /// It holds U+0000.
    #[error(transparent)]
    Nul(#[from] NulError),
}

/// Why a text is no description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// More than [`Description::MAX_LENGTH`] characters.
    #[error(
        "Description must be at most {} characters long",
        Description::MAX_LENGTH
    )]
    TooLong,
    /// It holds U+0000.
    #[error(transparent)]
    Nul(#[from] NulError),
}

impl ProductName {
    /// The longest name, in characters.
    pub const MAX_LENGTH: usize = 200;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Description {
    /// The longest description, in characters.
    pub const MAX_LENGTH: usize = 5_000;

    /// The text, which may be empty.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProductName {
    type Err = ProductNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = without_nul(text.trim())?;
        match text.chars().count() {
            0 => Err(ProductNameError::Empty),
            length if length > Self::MAX_LENGTH => Err(ProductNameError::TooLong),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl FromStr for Description {
    type Err = DescriptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = without_nul(text.trim())?;
        if text.chars().count() > Self::MAX_LENGTH {
            return Err(DescriptionError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ProductName {
    type Error = ProductNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for Description {
    type Error = DescriptionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ProductName> for String {
    fn from(name: ProductName) -> Self {
        name.0
    }
}

impl From<Description> for String {
    fn from(description: Description) -> Self {
        description.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        let name = " Difference Engine ".parse::<ProductName>();
        assert_eq!(name.map(String::from).as_deref(), Ok("Difference Engine"));
        assert_eq!(" ".parse::<ProductName>(), Err(ProductNameError::Empty));
        assert!("🦀".repeat(200).parse::<ProductName>().is_ok());
        assert_eq!(
            "a".repeat(201).parse::<ProductName>(),
            Err(ProductNameError::TooLong)
        );
        assert_eq!(
            "a\0".parse::<ProductName>(),
            Err(ProductNameError::Nul(NulError))
        );
    }

    #[test]
    fn a_description_may_be_empty_and_is_bounded() {
        assert_eq!(" ".parse(), Ok(Description::default()));
        assert!("ж".repeat(5_000).parse::<Description>().is_ok());
        assert_eq!(
            "a".repeat(5_001).parse::<Description>(),
            Err(DescriptionError::TooLong)
        );
        assert_eq!(
            "\0".parse::<Description>(),
            Err(DescriptionError::Nul(NulError))
        );
    }
}
