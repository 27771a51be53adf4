use std::fmt;
use std::str::FromStr;

use unicode_normalization::{UnicodeNormalization, is_nfkc};
use zeroize::Zeroizing;

use crate::validation::{NulError, without_nul};

/// A password in clear, on its way to be hashed or compared. It has no
/// `Serialize`, its `Debug` shows nothing of it, and its memory is overwritten when it is
/// dropped.
///
/// Keyboards and systems spell one text in several ways. Two passwords are equal where they
/// are in Unicode form NFKC, which is the form that is hashed.
///
/// ```
/// use hexpress_domain::user::{Password, PasswordError};
///
/// let password: Password = "correct horse".parse()?;
/// assert_eq!(format!("{password:?}"), "[redacted]");
/// assert_eq!("horse".parse::<Password>(), Err(PasswordError::TooShort));
/// // One that was chosen under other rules can still be compared.
/// assert!(Password::claimed("horse").is_ok());
/// // `é` as one character, and as two.
/// assert_eq!("caf\u{e9} noir".parse::<Password>(), "cafe\u{301} noir".parse());
/// # Ok::<(), PasswordError>(())
/// ```
#[derive(Clone)]
pub struct Password {
    sent: Zeroizing<String>,
    /// `None` where it was sent in form NFKC.
    normalized: Option<Zeroizing<String>>,
}

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
    /// The longest password that may be chosen, in characters. Checked before anything is
    /// hashed, so that a huge one costs nothing.
    pub const MAX_LENGTH: usize = 100;
    /// No character of form NFKC has more than four in any equivalent spelling (UAX 15,
    /// section 9.1).
    const MAX_SPELLING: usize = 4 * Self::MAX_LENGTH;
    /// Form NFKC has at most eleven times as many bytes (UAX 15, section 9.1).
    const EXPANSION: usize = 11;

    /// Takes a password to compare with one that was chosen earlier: rules for
    /// new ones do not bear on it, only the bound on what is hashed. It may be longer than a
    /// chosen one where only its spelling is.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] where it is empty, too long or holds U+0000.
    pub fn claimed(text: &str) -> Result<Self, PasswordError> {
        let length = without_nul(text)?.chars().count();
        if length == 0 {
            return Err(PasswordError::Empty);
        }
        if length > Self::MAX_SPELLING {
            return Err(PasswordError::TooLong);
        }
        let password = Self {
            sent: Zeroizing::new(text.to_owned()),
            normalized: (!is_nfkc(text)).then(|| {
                // A text that grows leaves copies behind that nobody overwrites.
                let room = text.len().saturating_mul(Self::EXPANSION);
                let mut normalized = Zeroizing::new(String::with_capacity(room));
                normalized.extend(text.nfkc());
                normalized
            }),
        };
        if length.min(password.normalized().chars().count()) > Self::MAX_LENGTH {
            return Err(PasswordError::TooLong);
        }
        Ok(password)
    }

    /// The password in clear, as it was sent.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.sent
    }

    /// The password in clear, in form NFKC: what new hashes are made of.
    #[must_use]
    pub fn normalized(&self) -> &str {
        self.normalized.as_ref().unwrap_or(&self.sent)
    }

    /// What a hash may have been made of: form NFKC first, and what was sent where that is
    /// another spelling, for hashes from before passwords were normalized.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        let sent = self.normalized.as_ref().map(|_| self.expose());
        std::iter::once(self.normalized()).chain(sent)
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.normalized() == other.normalized()
    }
}

impl Eq for Password {}

/// Takes a newly chosen password, as it is: white space is part of it. The bounds on its
/// length hold for what was sent.
impl FromStr for Password {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let password = Self::claimed(text)?;
        match text.chars().count() {
            length if length < Self::MIN_LENGTH => Err(PasswordError::TooShort),
            length if length > Self::MAX_LENGTH => Err(PasswordError::TooLong),
            _ => Ok(password),
        }
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

    fn spellings(password: &Password) -> Vec<&str> {
        password.spellings().collect()
    }

    #[test]
    fn spellings_of_one_text_are_one_password() {
        let composed = Password::claimed("caf\u{e9} \u{fb01}n").unwrap();
        let decomposed = Password::claimed("cafe\u{301} fin").unwrap();
        assert_eq!(composed, decomposed);
        assert_ne!(composed, Password::claimed("cafe fin").unwrap());
        assert_eq!(decomposed.expose(), "cafe\u{301} fin");
        assert_eq!(decomposed.normalized(), "caf\u{e9} fin");
        assert_eq!(spellings(&decomposed), ["caf\u{e9} fin", "cafe\u{301} fin"]);
        let plain = Password::claimed("caf\u{e9} fin").unwrap();
        assert_eq!(spellings(&plain), ["caf\u{e9} fin"]);
    }

    #[test]
    fn lengths_are_of_what_was_sent_but_a_claimed_one_may_be_spelled_longer() {
        // A syllable as one character, and as the three that a Mac sends.
        let (composed, decomposed) = (
            "\u{ac01}".repeat(100),
            "\u{1100}\u{1161}\u{11a8}".repeat(100),
        );
        assert!(composed.parse::<Password>().is_ok());
        assert_eq!(decomposed.parse::<Password>(), Err(PasswordError::TooLong));
        assert_eq!(Password::claimed(&decomposed), Password::claimed(&composed));
        let longer = "\u{1100}\u{1161}\u{11a8}".repeat(101);
        assert_eq!(Password::claimed(&longer), Err(PasswordError::TooLong));
        // One character that stands for a sentence of eighteen; older rules took it.
        let sentences = "\u{fdfa}".repeat(100);
        assert!(sentences.parse::<Password>().is_ok());
        let password = Password::claimed(&sentences).unwrap();
        assert_eq!(password.normalized().chars().count(), 1_800);
        assert_eq!(password.normalized().len(), 11 * sentences.len());
    }

    #[test]
    fn debug_shows_nothing() {
        let password = "correct horse".parse::<Password>();
        assert_eq!(format!("{password:?}"), "Ok([redacted])");
        let hash = PasswordHash::new("$argon2id$…".into());
        assert_eq!(format!("{hash:?}"), "[redacted]");
    }
}
