//! JSON read strictly: an object may not name a key twice (RFC 8259 leaves open
//! what that means, and readers differ). Values stay the text that was sent until
//! somebody asks for them, so that a body costs little more memory than its length.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use axum::body::Bytes;
use hexpress_domain::post::Metadata;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The deepest level that is looked at. No valid request is that deep. Whoever gets a
/// deeper value refuses it for its depth.
const MAX_DEPTH: usize = Metadata::MAX_DEPTH + 2;

/// How many members a body may have. No request has a tenth of it.
pub(crate) const MAX_MEMBERS: usize = 1_000;

/// How many characters of a name an answer repeats: it must not grow with the junk that
/// was sent.
const MAX_NAME_LENGTH: usize = 100;

/// The members of an object: names, and values as they were sent.
pub(crate) type Members = Vec<(String, Bytes)>;

/// Why a text is no object that can be read.
#[derive(Debug)]
pub(crate) enum Fault {
    Syntax(serde_json::Error),
    NoObject,
    TooManyMembers,
}

/// Reads an object, and looks at all that it holds.
pub(crate) fn object(text: &Bytes) -> Result<Members, Fault> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let checked = Check { depth: 0 }.deserialize(&mut deserializer);
    checked
        .and_then(|()| deserializer.end())
        .map_err(Fault::Syntax)?;
    members(text)
}

/// The members of an object within one that was read.
pub(crate) fn members(text: &Bytes) -> Result<Members, Fault> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    // What is wrong with the syntax would have been found before.
    let members = deserializer
        .deserialize_map(ReadMembers { text })
        .map_err(|_| Fault::NoObject)?;
    if members.len() > MAX_MEMBERS {
        return Err(Fault::TooManyMembers);
    }
    Ok(members)
}

/// The items of an array within an object that was read.
pub(crate) fn items(text: &Bytes) -> Option<Vec<Bytes>> {
    let items: Vec<&RawValue> = serde_json::from_slice(text).ok()?;
    Some(items.into_iter().map(|item| part(text, item)).collect())
}

/// A value's text as a part of the one that it stands in.
fn part(text: &Bytes, value: &RawValue) -> Bytes {
    text.slice_ref(value.get().as_bytes())
}

/// As much of a name as an answer repeats.
pub(crate) fn shortened(mut name: String) -> String {
    if let Some((end, _)) = name.char_indices().nth(MAX_NAME_LENGTH) {
        name.truncate(end);
        name.push('…');
    }
    name
}

struct ReadMembers<'t> {
    text: &'t Bytes,
}

impl<'de> Visitor<'de> for ReadMembers<'de> {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value: &RawValue = entries.next_value()?;
            // One more than may be tells that there are too many.
            if members.len() <= MAX_MEMBERS {
                members.push((name, part(self.text, value)));
            }
        }
        Ok(members)
    }
}

/// Looks at a value without keeping it.
struct Check {
    depth: usize,
}

impl Check {
    const fn deeper(&self) -> Self {
        Self {
            depth: self.depth + 1,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Check {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.depth > MAX_DEPTH {
            deserializer.deserialize_ignored_any(IgnoredAny)?;
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self.deeper())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut keys = Keys::default();
        while entries.next_key_seed(&mut keys)?.is_some() {
            entries.next_value_seed(self.deeper())?;
        }
        Ok(())
    }
}

/// The keys that an object has named: their hashes, since an object may be as long as a
/// body and the keys as long as it. The hash is seeded anew for each, so that nobody
/// can make two keys meet.
#[derive(Default)]
struct Keys {
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl<'de> DeserializeSeed<'de> for &mut Keys {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for &mut Keys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        if self.seen.insert(self.hasher.hash_one(key)) {
            return Ok(());
        }
        let key = shortened(key.to_owned());
        Err(E::custom(format_args!("duplicate key `{key}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Members, Fault> {
        object(&Bytes::copy_from_slice(text.as_bytes()))
    }

    fn value(text: &str, name: &str) -> String {
        let members = read(text).unwrap();
        let member = members.into_iter().find(|(other, _)| other == name);
        String::from_utf8(member.unwrap().1.to_vec()).unwrap()
    }

    #[test]
    fn values_are_text_as_it_was_sent() {
        let text = r#" {"a": {"x":1}, "b\u0063" : {"n": [1.10, 12345678901234567890123]} } "#;
        assert_eq!(value(text, "a"), r#"{"x":1}"#);
        assert_eq!(
            value(text, "bc"),
            r#"{"n": [1.10, 12345678901234567890123]}"#
        );
    }

    #[test]
    fn refuses_what_is_no_json_and_duplicate_keys_at_any_depth() {
        for text in [
            "",
            "{",
            "{}x",
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"b":[{"a":1,"a":2}]}"#,
            r#"{"b":"\ud800"}"#,
            r#"{"b":1e999}"#,
        ] {
            assert!(matches!(read(text), Err(Fault::Syntax(_))), "{text}");
        }
        assert!(object(&Bytes::from_static(b"{\"a\":\"\xff\"}")).is_err());
        assert!(read(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn other_values_are_no_object() {
        for text in ["null", "true", "1", "\"{}\"", "[{}]"] {
            assert!(matches!(read(text), Err(Fault::NoObject)), "{text}");
        }
    }

    #[test]
    fn what_lies_too_deep_is_not_looked_at() {
        let twice = r#"{"a":1,"a":2}"#;
        let nested = |levels: usize| {
            let (open, close) = ("[".repeat(levels), "]".repeat(levels));
            format!(r#"{{"m":{open}{twice}{close}}}"#)
        };
        assert!(read(&nested(MAX_DEPTH - 1)).is_err());
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert!(read(&nested(100_000)).is_ok());
    }

    #[test]
    fn there_are_so_many_members_at_most() {
        let with = |count: usize| {
            let members: Vec<_> = (0..count).map(|n| format!("\"{n}\":1")).collect();
            read(&format!("{{{}}}", members.join(",")))
        };
        assert!(with(MAX_MEMBERS).is_ok());
        assert!(matches!(with(MAX_MEMBERS + 1), Err(Fault::TooManyMembers)));
    }

    #[test]
    fn a_long_key_is_not_repeated_whole() {
        let key = "x".repeat(100_000);
        let fault = read(&format!(r#"{{"{key}":1,"{key}":1}}"#)).unwrap_err();
        assert!(format!("{fault:?}").len() < 500);
    }
}
