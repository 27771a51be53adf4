use std::fmt;
use std::str::FromStr;

/// The state in which a thing was seen (RFC 9110, section 8.8.3): whoever gives it back
/// with a change wants that
/// state changed and no other. Nothing in it has a meaning to clients.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityTag(String);

/// The text is no strong entity tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a strong entity tag")]
pub struct EntityTagError;

impl EntityTag {
    /// The tag as the header has it, quotes and all.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes a tag that was kept as text.
impl FromStr for EntityTag {
    type Err = EntityTagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let opaque = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let is_opaque = |opaque: &str| {
            opaque
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"')
        };
        match opaque {
            Some(opaque) if is_opaque(opaque) => Ok(Self(text.to_owned())),
            _ => Err(EntityTagError),
        }
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A thing, and the tag of the state in which it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged<T> {
    /// The thing.
    pub value: T,
    /// Its tag, to be given back with a change.
    pub tag: EntityTag,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_comes_back_as_it_was_kept() {
        let tag = r#""7-0011223344556677""#;
        assert_eq!(
            tag.parse::<EntityTag>()
                .map(|tag| tag.to_string())
                .as_deref(),
            Ok(tag)
        );
        for text in ["", "\"", "7", r#"W/"7""#, r#""a"b""#, "\"a\n\""] {
            assert_eq!(text.parse::<EntityTag>(), Err(EntityTagError), "{text}");
        }
    }
}
