use std::fmt;
use std::str::FromStr;

use crate::text::trim;

/// An email address in its one canonical form: trimmed and in lower case.
///
/// Valid by the pattern of the HTML standard for `input type=email`, with a
/// local part and labels no longer than RFC 5321 and RFC 1035 allow.
///
/// ```
/// use hexpress_domain::user::{Email, EmailError};
///
/// let email: Email = " Ada@Example.org ".parse()?;
/// assert_eq!(email.as_str(), "ada@example.org");
/// assert_eq!("ada".parse::<Email>(), Err(EmailError::Invalid));
/// # Ok::<(), EmailError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Email(String);

/// Why a text is no email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmailError {
    /// Nothing but white space.
    #[error("Email is required")]
    Empty,
    /// More than [`Email::MAX_LENGTH`] characters.
    #[error("Email must be at most {} characters long", Email::MAX_LENGTH)]
    TooLong,
    /// Not the form of an address.
    #[error("Please provide a valid email address")]
    Invalid,
}

impl Email {
    /// The longest address, in characters (RFC 5321, erratum 1690).
    pub const MAX_LENGTH: usize = 254;
    const MAX_LOCAL_LENGTH: usize = 64;
    const MAX_LABEL_LENGTH: usize = 63;

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_local_part(text: &str) -> bool {
        (1..=Self::MAX_LOCAL_LENGTH).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte))
    }

    fn is_label(text: &str) -> bool {
        (1..=Self::MAX_LABEL_LENGTH).contains(&text.len())
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = trim(text);
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.chars().count() > Self::MAX_LENGTH {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError::Invalid)?;
        if !Self::is_local_part(local) || !domain.split('.').all(Self::is_label) {
            return Err(EmailError::Invalid);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn has_one_canonical_form() {
        let email = "  Ada.Lovelace+Notes@Example.ORG ".parse::<Email>();
        assert_eq!(
            email.map(String::from).as_deref(),
            Ok("ada.lovelace+notes@example.org")
        );
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in [
            "ada",
            "@example.org",
            "ada@",
            "ada@@example.org",
            "ada lovelace@example.org",
            "ada@-example.org",
            "ada@example-.org",
            "ada@example..org",
            "ada@example.org.",
            "ada@exämple.org",
            "ada@example.org\0",
        ] {
            assert_eq!(text.parse::<Email>(), Err(EmailError::Invalid), "{text}");
        }
        assert_eq!(" \u{200b}".parse::<Email>(), Err(EmailError::Empty));
    }

    #[test]
    fn lengths_have_bounds() {
        let domain = format!("{}.{}.{}", "b".repeat(63), "c".repeat(63), "d".repeat(61));
        let longest = format!("{}@{domain}", "a".repeat(64));
        assert_eq!(longest.len(), Email::MAX_LENGTH);
        assert!(longest.parse::<Email>().is_ok());
        assert_eq!(
            format!("{longest}d").parse::<Email>(),
            Err(EmailError::TooLong)
        );
        let local = format!("{}@example.org", "a".repeat(65));
        assert_eq!(local.parse::<Email>(), Err(EmailError::Invalid));
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_what_it_is(text in any::<String>()) {
            if let Ok(email) = text.parse::<Email>() {
                prop_assert_eq!(email.as_str().parse::<Email>(), Ok(email));
            }
        }

        #[test]
        fn takes_plain_addresses(text in "[a-z0-9.+_]{1,20}@[a-z0-9]{1,10}(\\.[a-z]{2,5}){1,3}") {
            prop_assert!(text.parse::<Email>().is_ok());
        }
    }
}
