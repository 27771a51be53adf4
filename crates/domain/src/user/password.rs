use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::validation::{NulError, without_nul};

/// A password in clear, on its way to be hashed or compared. It has no
/// `Serialize`, its `Debug` shows nothing of it, and its memory is overwritten when it is
/// dropped.
///
/// ```
/// use hexpress_domain::user::{Password, PasswordError};
///
/// let password: Password = "correct horse".parse()?;
/// assert_eq!(format!("{password:?}"), "[redacted]");
/// assert_eq!("horse".parse::<Password>(), Err(PasswordError::TooShort));
/// // One that was chosen under other rules can still be compared.
/// assert!(Password::claimed("horse").is_ok());
/// # Ok::<(), PasswordError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

/// Why a text is no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Nothing was sent.
    #[error("Password is required")]
    Empty,
    /// Fewer than [`Password::MIN_LENGTH`] characters.
    #[error("Password must be at least {} characters long", Password::MIN_LENGTH)]
    TooShort,
    /// More than [`Password::MAX_LENGTH`] characters.
    #[error("Password must be at most {} characters long", Password::MAX_LENGTH)]
    TooLong,
    /// It holds U+0000.
    #[error(transparent)]
    Nul(#[from] NulError),
}

/// The password that was sent as the present one is wrong. A text that cannot be a
/// password is answered in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Current password is incorrect")]
pub struct CurrentPasswordError;

impl Password {
    /// The shortest password that may be chosen, in characters (OWASP,
    /// Authentication Cheat Sheet; NIST SP 800-63B).
    pub const MIN_LENGTH: usize = 8;
    /// The longest password, in characters. Checked before anything is hashed,
    /// so that a huge one costs nothing.
    pub const MAX_LENGTH: usize = 100;

    /// Takes a password to compare with one that was chosen earlier: rules for
    /// new ones do not bear on it, only the bound on what is hashed.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] where it is empty, too long or holds U+0000.
    pub fn claimed(text: &str) -> Result<Self, PasswordError> {
        match without_nul(text)?.chars().count() {
            0 => Err(PasswordError::Empty),
            length if length > Self::MAX_LENGTH => Err(PasswordError::TooLong),
            _ => Ok(Self(Zeroizing::new(text.to_owned()))),
        }
    }

    /// The password in clear.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Takes a newly chosen password, as it is: white space is part of it.
impl FromStr for Password {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let password = Self::claimed(text)?;
        if password.0.chars().count() < Self::MIN_LENGTH {
            return Err(PasswordError::TooShort);
        }
        Ok(password)
    }
}

impl TryFrom<String> for Password {
    type Error = PasswordError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Zeroizing::new(text).parse()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A password's hash in the PHC string format, as a hasher made it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a hash that a hasher made, or that a store kept.
    #[must_use]
    pub const fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_characters_and_nothing_is_trimmed() {
        assert_eq!("".parse::<Password>(), Err(PasswordError::Empty));
        assert_eq!("1234567".parse::<Password>(), Err(PasswordError::TooShort));
        assert_eq!(
            "        ".parse::<Password>().map(|p| p.expose().len()),
            Ok(8)
        );
        assert!("ж".repeat(100).parse::<Password>().is_ok());
        assert_eq!(
            "a".repeat(101).parse::<Password>(),
            Err(PasswordError::TooLong)
        );
        assert_eq!(
            "12345678\0".parse::<Password>(),
            Err(PasswordError::Nul(NulError))
        );
    }

    #[test]
    fn a_claimed_one_may_be_short() {
        assert!(Password::claimed("1").is_ok());
        assert_eq!(
            Password::claimed(&"a".repeat(101)),
            Err(PasswordError::TooLong)
        );
    }

    #[test]
    fn debug_shows_nothing() {
        let password = "correct horse".parse::<Password>();
        assert_eq!(format!("{password:?}"), "Ok([redacted])");
        let hash = PasswordHash::new("$argon2id$…".into());
        assert_eq!(format!("{hash:?}"), "[redacted]");
    }
}
