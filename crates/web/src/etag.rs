//! Entity tags (RFC 9110, section 8.8.3) and the conditions that name them.

use std::fmt::Write as _;

use axum::http::HeaderValue;
use hexpress_app::NamedVersions;
use hexpress_domain::entity::Version;
use sha2::{Digest, Sha256};

/// How many bytes of the digest a tag holds: enough to tell apart what different callers
/// see of one version of one thing.
const DIGEST_LENGTH: usize = 8;

/// A strong tag of two parts: the thing's own version, and a digest of whatever
/// the answer shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntityTag(HeaderValue);

impl EntityTag {
    pub(crate) fn new(version: Version, shown: &[u8]) -> Self {
        Self::from(format!("{}-{}", version.get(), digest(shown)))
    }

    /// The tag of something without a version, made of its bytes alone.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        Self::from(digest(bytes))
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    /// The version that it names, if it is of a thing.
    pub(crate) fn version(&self) -> Option<Version> {
        version(self.opaque())
    }

    /// What stands between the quotes.
    fn opaque(&self) -> &str {
        self.0.to_str().unwrap_or_default().trim_matches('"')
    }
}

impl From<String> for EntityTag {
    fn from(opaque: String) -> Self {
        let header = HeaderValue::from_str(&format!("\"{opaque}\""));
        Self(header.unwrap_or_else(|_| HeaderValue::from_static("\"\"")))
    }
}

fn digest(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * DIGEST_LENGTH);
    for byte in Sha256::digest(bytes).iter().take(DIGEST_LENGTH) {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").ok();
    }
    text
}

/// What a condition names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tags {
    /// `*`.
    Any,
    /// Some tags.
    List(Vec<Tag>),
}

/// A tag as a client sent it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    weak: bool,
    opaque: String,
}

impl Tags {
    /// Reads the value of `If-Match` or `If-None-Match`; `None` where it is no
    /// list of tags.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let value = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
        if value == "*" {
            return Some(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = value;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                return (!tags.is_empty()).then_some(Self::List(tags));
            }
            let (weak, quoted) = match rest.strip_prefix("W/") {
                Some(quoted) => (true, quoted),
                None => (false, rest),
            };
            let (opaque, behind) = quoted.strip_prefix('"')?.split_once('"')?;
            if !opaque.bytes().all(|byte| byte > b' ' && byte != 0x7f) {
                return None;
            }
            tags.push(Tag {
                weak,
                opaque: opaque.to_owned(),
            });
            rest = behind.trim_start_matches([' ', '\t']);
            if !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
        }
    }

    /// Whether one of them is this tag, by the weak comparison that
    /// `If-None-Match` asks for.
    pub(crate) fn name(&self, tag: &EntityTag) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => tags.iter().any(|named| named.opaque == tag.opaque()),
        }
    }

    /// Whether one of them is this tag, by the strong comparison that `If-Match` asks for.
    pub(crate) fn name_strongly(&self, tag: &EntityTag) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => tags
                .iter()
                .any(|named| !named.weak && named.opaque == tag.opaque()),
        }
    }

    /// The versions that the tags name; a tag that is not ours names none.
    pub(crate) fn versions(&self) -> NamedVersions {
        let Self::List(tags) = self else {
            return NamedVersions::Any;
        };
        let versions = |weak: bool| {
            let tags = tags.iter().filter(|tag| tag.weak == weak);
            tags.filter_map(|tag| version(&tag.opaque)).collect()
        };
        NamedVersions::These {
            strong: versions(false),
            weak: versions(true),
        }
    }
}

/// The version in what stands between the quotes of a tag of ours.
fn version(opaque: &str) -> Option<Version> {
    let (version, digest) = opaque.split_once('-')?;
    let is_ours = version.bytes().all(|byte| byte.is_ascii_digit())
        && digest.len() == 2 * DIGEST_LENGTH
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours
        .then(|| version.parse().ok())
        .flatten()
        .map(Version::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(strong: &[i64], weak: &[i64]) -> NamedVersions {
        let versions = |numbers: &[i64]| numbers.iter().copied().map(Version::new).collect();
        NamedVersions::These {
            strong: versions(strong),
            weak: versions(weak),
        }
    }

    fn tag() -> EntityTag {
        EntityTag::new(Version::new(7), b"shown")
    }

    #[test]
    fn comes_back_as_it_went_out() {
        let tags = Tags::parse(tag().header().as_bytes()).unwrap();
        assert!(tags.name(&tag()));
        assert_eq!(tags.versions(), these(&[7], &[]));
        assert!(tags.name_strongly(&tag()));
        assert_eq!(tag().version(), Some(Version::new(7)));
        assert!(!tags.name(&EntityTag::new(Version::new(7), b"other")));
    }

    #[test]
    fn lists_and_foreign_tags_are_read() {
        let header = format!(
            r#" "x" ,, W/"8-aabbccddeeff0011" , "{}","8-1", "-", "a,b" "#,
            tag().opaque()
        );
        let tags = Tags::parse(header.as_bytes()).unwrap();
        assert!(tags.name(&tag()));
        assert_eq!(tags.versions(), these(&[7], &[8]));
    }

    #[test]
    fn a_weak_tag_names_for_reading_only() {
        let header = format!("W/\"{}\"", tag().opaque());
        let tags = Tags::parse(header.as_bytes()).unwrap();
        assert!(tags.name(&tag()));
        assert!(!tags.name_strongly(&tag()));
        assert_eq!(tags.versions(), these(&[], &[7]));
    }

    #[test]
    fn a_star_names_all() {
        assert_eq!(Tags::parse(b"*"), Some(Tags::Any));
        assert_eq!(Tags::Any.versions(), NamedVersions::Any);
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for value in [
            "",
            "x",
            "\"x",
            "x\"",
            "\"a\" \"b\"",
            "\"a\"b",
            "*,\"a\"",
            "w/\"a\"",
            "\"a b\"",
        ] {
            assert_eq!(Tags::parse(value.as_bytes()), None, "{value}");
        }
    }
}
