use std::str::FromStr;

use serde_json::value::RawValue;

use crate::validation::NulError;

/// Data of an application, stored with a post: a JSON object as compact text, with its
/// keys in their order and its numbers digit by digit as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata(String);

/// Why a text is no metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// No JSON (RFC 8259), or a JSON value of another type.
    #[error("Must be a JSON object")]
    NoObject,
    /// More than [`Metadata::MAX_SIZE`] bytes.
    #[error(
        "Metadata must be at most {} bytes of compact JSON",
        Metadata::MAX_SIZE
    )]
    TooLarge,
    /// More than [`Metadata::MAX_DEPTH`] levels.
    #[error("Metadata must be at most {} levels deep", Metadata::MAX_DEPTH)]
    TooDeep,
    /// A key or a text in it holds U+0000.
    #[error(transparent)]
    Nul(#[from] NulError),
}

impl Metadata {
    /// The largest metadata, in bytes of its compact text.
    pub const MAX_SIZE: usize = 64 * 1024;
    /// How many objects and arrays may stand in one another; the outermost is one.
    pub const MAX_DEPTH: usize = 64;

    /// The compact JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Metadata {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}

impl FromStr for Metadata {
    type Err = MetadataError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let json: &RawValue = serde_json::from_str(text).map_err(|_| MetadataError::NoObject)?;
        if !json.get().starts_with('{') {
            return Err(MetadataError::NoObject);
        }
        let compact = compact(json.get())?;
        if compact.len() > Self::MAX_SIZE {
            return Err(MetadataError::TooLarge);
        }
        Ok(Self(compact))
    }
}

/// Serializes as a JSON object.
#[cfg(feature = "serde")]
impl serde::Serialize for Metadata {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        json.serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Metadata {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        json.get().parse().map_err(serde::de::Error::custom)
    }
}

/// Drops the white space between tokens of valid JSON. Text in quotes stays as it
/// is, and so do numbers, which a parser would round.
fn compact(json: &str) -> Result<String, MetadataError> {
    let mut compact = String::with_capacity(json.len());
    let mut depth = 0_usize;
    let mut characters = json.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\n' | '\r' => continue,
            '{' | '[' => {
                depth += 1;
                if depth > Metadata::MAX_DEPTH {
                    return Err(MetadataError::TooDeep);
                }
            }
            '}' | ']' => depth = depth.saturating_sub(1),
            '"' => {
                compact.push(character);
                copy_string(&mut characters, &mut compact)?;
                continue;
            }
            _ => {}
        }
        compact.push(character);
    }
    Ok(compact)
}

/// Copies a string's characters and its closing quote.
fn copy_string(
    characters: &mut std::str::Chars<'_>,
    compact: &mut String,
) -> Result<(), MetadataError> {
    while let Some(character) = characters.next() {
        compact.push(character);
        match character {
            '"' => break,
            '\\' => {
                if characters.as_str().starts_with("u0000") {
                    return Err(NulError.into());
                }
                compact.extend(characters.next());
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(text: &str) -> Result<String, MetadataError> {
        text.parse::<Metadata>()
            .map(|metadata| metadata.as_str().to_owned())
    }

    #[test]
    fn comes_back_as_it_went_in_but_for_white_space() {
        let text = " { \"b\" : [ 1.10 , 1e400, -0, 12345678901234567890123 ] ,\n\t\"a\" : \
                    \"two  blanks, \\\"quotes\\\\\" , \"\\u00e4\": { } } ";
        assert_eq!(
            metadata(text).as_deref(),
            Ok("{\"b\":[1.10,1e400,-0,12345678901234567890123],\
                \"a\":\"two  blanks, \\\"quotes\\\\\",\"\\u00e4\":{}}")
        );
        assert_eq!(metadata("{}").as_deref(), Ok(Metadata::default().as_str()));
    }

    #[test]
    fn is_an_object() {
        for text in ["", "null", "[]", "1", "\"{}\"", "{", "{}{}", "{a:1}"] {
            assert_eq!(metadata(text), Err(MetadataError::NoObject), "{text}");
        }
    }

    #[test]
    fn has_a_largest_size_without_white_space() {
        let fits = |padding: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(padding));
        let frame = fits(0).len();
        let largest = fits(Metadata::MAX_SIZE - frame);
        assert!(metadata(&format!("{largest}{}", " ".repeat(1000))).is_ok());
        let larger = fits(Metadata::MAX_SIZE - frame + 1);
        assert_eq!(metadata(&larger), Err(MetadataError::TooLarge));
    }

    #[test]
    fn has_a_deepest_level() {
        let nested = |levels: usize| {
            let inner = levels - 1;
            format!("{{\"a\":{}{}}}", "[".repeat(inner), "]".repeat(inner))
        };
        assert!(metadata(&nested(64)).is_ok());
        for levels in [65, 10_000] {
            assert_eq!(metadata(&nested(levels)), Err(MetadataError::TooDeep));
        }
    }

    #[test]
    fn holds_no_nul_but_may_speak_of_it() {
        for text in [
            r#"{"a":"\u0000"}"#,
            r#"{"\u0000":1}"#,
            r#"{"a":["\\\u0000"]}"#,
        ] {
            assert_eq!(metadata(text), Err(MetadataError::Nul(NulError)), "{text}");
        }
        assert!(metadata(r#"{"a":"\\u0000"}"#).is_ok());
    }
}
