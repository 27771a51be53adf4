//! Texts within bounds: what most fields of an aggregate are.

use crate::validation::{NulError, without_nul};

/// Why a text cannot be the value of a field. The message names the field, as clients
/// know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Nothing but white space.
    #[error("{0} is required")]
    Empty(&'static str),
    /// Too few or too many characters, where both are possible.
    #[error("{field} must be between {min} and {max} characters")]
    Length {
        /// The field.
        field: &'static str,
        /// The fewest characters.
        min: usize,
        /// The most characters.
        max: usize,
    },
    /// Too many characters.
    #[error("{field} must be at most {max} characters long")]
    TooLong {
        /// The field.
        field: &'static str,
        /// The most characters.
        max: usize,
    },
    /// It holds U+0000.
    #[error(transparent)]
    Nul(#[from] NulError),
}

/// A text without the white space around it: what Unicode calls so, and the characters that
/// show nothing but are none (soft hyphen, zero-width and directional marks, byte order mark,
/// Hangul filler, blank Braille pattern). Every text is trimmed so before it is checked.
///
/// ```
/// # use hexpress_domain::text::trim;
/// assert_eq!(trim("\u{200b} Ada\u{3164}\n"), "Ada");
/// ```
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_invisible)
}

fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{2800}' | '\u{3164}' | '\u{feff}'
        )
}

/// A text that a store kept. It is taken as it is, within the bounds on its length: it may be
/// older than the rules for new ones.
#[derive(Debug)]
pub struct Kept(pub String);

/// Checks that a text has `min` to `max` characters. Where it needs one, white space alone
/// is none.
pub(crate) fn check<'a>(
    text: &'a str,
    field: &'static str,
    min: usize,
    max: usize,
) -> Result<&'a str, TextError> {
    let text = without_nul(text)?;
    if min > 0 && trim(text).is_empty() {
        return Err(TextError::Empty(field));
    }
    check_length(text, field, min, max)
}

/// Checks that a text has `min` to `max` characters of any kind.
pub(crate) fn check_length<T: AsRef<str>>(
    text: T,
    field: &'static str,
    min: usize,
    max: usize,
) -> Result<T, TextError> {
    match text.as_ref().chars().count() {
        length if (min..=max).contains(&length) => Ok(text),
        _ if min > 1 => Err(TextError::Length { field, min, max }),
        _ => Err(TextError::TooLong { field, max }),
    }
}

/// Declares value objects that hold a trimmed text: the name of the type, what messages
/// call it, and how many characters it has.
macro_rules! texts {
    ($($(#[$attribute:meta])* $name:ident($field:literal, $min:literal..=$max:literal);)+) => {$(
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(try_from = "String", into = "String")
        )]
        pub struct $name(String);

        impl $name {
            /// The fewest characters.
            pub const MIN_LENGTH: usize = $min;
            /// The most characters.
            pub const MAX_LENGTH: usize = $max;

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::TextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let text = $crate::text::check($crate::text::trim(text), $field, $min, $max)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::text::TextError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl TryFrom<$crate::text::Kept> for $name {
            type Error = $crate::text::TextError;

            fn try_from(kept: $crate::text::Kept) -> Result<Self, Self::Error> {
                $crate::text::check_length(kept.0, $field, $min, $max).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

pub(crate) use texts;

/// Checks that a type made by [`texts`] trims, and keeps these bounds with these messages.
#[cfg(test)]
pub(crate) fn assert_bounds<T>(field: &'static str, min: usize, max: usize)
where
    T: std::str::FromStr<Err = TextError> + TryFrom<Kept, Error = TextError> + Into<String>,
{
    let parse = |text: &str| text.parse::<T>().map(Into::into);
    let outside = match min {
        0 | 1 => TextError::TooLong { field, max },
        _ => TextError::Length { field, min, max },
    };
    let empty = match min {
        0 => Ok(String::new()),
        _ => Err(TextError::Empty(field)),
    };
    assert_eq!(parse(" \t"), empty);
    assert_eq!(parse(&"\u{200b}".repeat(min)), empty);
    // It may stand in a store from the time before.
    let blank = "\u{200b}".repeat(min);
    let kept = |text: &str| T::try_from(Kept(text.to_owned())).map(Into::into);
    assert_eq!(kept(&blank), Ok(blank.clone()));
    let shortest = "🦀".repeat(min.max(1));
    assert_eq!(parse(&format!("  {shortest}\n")), Ok(shortest));
    let longest = "ж".repeat(max);
    assert_eq!(parse(&longest), Ok(longest.clone()));
    assert_eq!(parse(&format!("{longest}a")), Err(outside));
    assert_eq!(kept(&format!("{longest}a")), Err(outside));
    if min > 1 {
        assert_eq!(parse(&"a".repeat(min - 1)), Err(outside));
    }
    assert_eq!(parse("a\0"), Err(TextError::Nul(NulError)));
    assert_eq!(parse("\0"), Err(TextError::Nul(NulError)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invisible_is_white_space_but_within_a_text() {
        let white = "\t\u{85}\u{a0}\u{ad}\u{1680}\u{2003}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\
                     \u{202f}\u{2060}\u{2800}\u{3000}\u{3164}\u{feff}";
        assert_eq!(trim(white), "");
        for character in white.chars() {
            let text = format!("{white}a{character}b{character}");
            assert_eq!(trim(&text), format!("a{character}b"));
        }
        // They show something, or change what stands before them.
        for text in ["\u{200a}\u{2010}", "\u{fe0f}", "\u{301}", "_"] {
            assert!(!trim(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn the_messages_name_field_and_bounds() {
        let message = |text, min| check(text, "Motto", min, 4).map_err(|error| error.to_string());
        assert_eq!(message(" ", 1), Err("Motto is required".to_owned()));
        assert_eq!(
            message("above", 1),
            Err("Motto must be at most 4 characters long".to_owned())
        );
        assert_eq!(
            message("a", 2),
            Err("Motto must be between 2 and 4 characters".to_owned())
        );
        assert_eq!(
            message("\0", 0),
            Err("Must not contain the character U+0000".to_owned())
        );
    }
}
