//! JSON read strictly: an object may not name a key twice (RFC 8259 leaves open
//! what that means, and readers differ).

use std::fmt;

use hexpress_domain::post::Metadata;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

/// The deepest level that is read. Nothing that a request may hold lies as deep: what
/// lies deeper is read as `null`, and whoever it is for refuses it for its depth.
const MAX_DEPTH: usize = Metadata::MAX_DEPTH + 2;

/// Reads one JSON value.
pub(crate) fn parse(bytes: &[u8]) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0 }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// The text of an object's member, as it was sent.
pub(crate) fn member<'a>(object: &'a [u8], name: &str) -> Option<&'a RawValue> {
    let mut deserializer = serde_json::Deserializer::from_slice(object);
    deserializer.deserialize_map(Member { name }).ok().flatten()
}

struct Member<'n> {
    name: &'n str,
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = entries.next_key::<String>()? {
            if key == self.name {
                found = Some(entries.next_value()?);
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

struct Strict {
    depth: usize,
}

impl Strict {
    const fn deeper(&self) -> Self {
        Self {
            depth: self.depth + 1,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > MAX_DEPTH {
            deserializer.deserialize_ignored_any(IgnoredAny)?;
            return Ok(Value::Null);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("number out of range"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self.deeper())? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
            let value = entries.next_value_seed(self.deeper())?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_serde_json_reads() {
        for text in [
            "null",
            r#"{"a":[1,-2,3.5,true,null,"x"],"b":{"c":{}}}"#,
            r#""\u00e4""#,
            "18446744073709551615",
        ] {
            let strict = parse(text.as_bytes()).ok();
            assert_eq!(strict, serde_json::from_str(text).ok(), "{text}");
            assert!(strict.is_some(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_json_and_duplicate_keys_at_any_depth() {
        for text in [
            "",
            "{",
            "{}x",
            r#"{"a":1,"a":1}"#,
            r#"{"b":[{"a":1,"a":2}]}"#,
            r#""\ud800""#,
            "1e999",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(&[b'"', 0xff, b'"']).is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn what_lies_too_deep_is_null() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        for (levels, is_whole) in [(MAX_DEPTH, true), (100_000, false)] {
            let mut value = parse(nested(levels).as_bytes()).ok();
            let mut depth = 0;
            while let Some(Value::Array(mut items)) = value {
                value = items.pop();
                depth += 1;
            }
            assert_eq!(value, Some(if is_whole { 1.into() } else { Value::Null }));
            assert!(depth <= MAX_DEPTH + 1);
        }
    }

    #[test]
    fn a_member_is_text_as_it_was_sent() {
        let object = br#"{"a": {"x":1}, "b\u0063": {"n": [1.10, 12345678901234567890123]}}"#;
        let text = |name| member(object, name).map(RawValue::get);
        assert_eq!(
            text("bc"),
            Some(r#"{"n": [1.10, 12345678901234567890123]}"#)
        );
        assert_eq!(text("x"), None);
    }
}
