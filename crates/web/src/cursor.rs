//! Cursors as clients carry them: the place of a row, and a fingerprint of the
//! list that it belongs to.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _};
use hexpress_domain::list::{Cursor, SortValue};
use hexpress_domain::user::Email;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Tells lists with other filters or another order apart. Whoever forges one
/// only sees rows that the filters let through anyway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(String);

/// No row has a time outside these, and not every store can compare with one:
/// PostgreSQL's begin in 4713 BC.
const STORED_YEARS: RangeInclusive<i32> = 0..=9999;

/// In characters: that of an email address. A longer text is no sort value of a row, and
/// cursors are part of the keys of caches, which do not weigh them.
const LONGEST_SORT_KEY: usize = Email::MAX_LENGTH;

const FINGERPRINT_LENGTH: usize = 8;

impl Fingerprint {
    /// The fingerprint of a list, described by its name, filters and order.
    pub(crate) fn of(list: &str) -> Self {
        let digest = Sha256::digest(list);
        let bytes: Vec<u8> = digest.iter().copied().take(FINGERPRINT_LENGTH).collect();
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }
}

#[derive(Serialize, Deserialize)]
struct Carried {
    list: String,
    id: Uuid,
    value: CarriedValue,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum CarriedValue {
    /// Microseconds since 1970.
    Time(Option<i64>),
    Text(String),
    Number(u64),
}

pub(crate) fn encode(cursor: &Cursor, list: &Fingerprint) -> String {
    let value = match &cursor.value {
        SortValue::Time(time) => CarriedValue::Time(time.map(|time| time.timestamp_micros())),
        SortValue::Text(text) => CarriedValue::Text(text.clone()),
        SortValue::Number(number) => CarriedValue::Number(*number),
    };
    let carried = Carried {
        list: list.0.clone(),
        id: cursor.id,
        value,
    };
    // Strings, numbers and a map with text keys always become JSON.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&carried).unwrap_or_default())
}

/// The place that a cursor names; `None` where the text is none of this list's.
pub(crate) fn decode(text: &str, list: &Fingerprint) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let carried: Carried = serde_json::from_slice(&bytes).ok()?;
    if carried.list != list.0 {
        return None;
    }
    let value = match carried.value {
        CarriedValue::Time(None) => SortValue::Time(None),
        CarriedValue::Time(Some(micros)) => {
            let time = DateTime::from_timestamp_micros(micros)?;
            if !STORED_YEARS.contains(&time.year()) {
                return None;
            }
            SortValue::Time(Some(time))
        }
        CarriedValue::Text(text)
            if text.contains('\0') || text.chars().count() > LONGEST_SORT_KEY =>
        {
            return None;
        }
        CarriedValue::Text(text) => SortValue::Text(text),
        CarriedValue::Number(number) => SortValue::Number(number),
    };
    Some(Cursor {
        value,
        id: carried.id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_went_out_to_its_own_list_alone() {
        let list = Fingerprint::of("users by email");
        for value in [
            SortValue::Time(DateTime::from_timestamp_micros(1_700_000_000_123_456)),
            SortValue::Time(None),
            SortValue::Text("Ünal \" 🦀".into()),
            SortValue::Number(u64::MAX),
        ] {
            let cursor = Cursor {
                value,
                id: Uuid::from_u128(7),
            };
            let carried = encode(&cursor, &list);
            assert_eq!(decode(&carried, &list), Some(cursor));
            assert_eq!(decode(&carried, &Fingerprint::of("users by name")), None);
        }
    }

    #[test]
    fn a_text_that_no_row_is_sorted_by_is_refused() {
        let list = Fingerprint::of("posts by title");
        let cursor = |length| Cursor {
            value: SortValue::Text("é".repeat(length)),
            id: Uuid::nil(),
        };
        let longest = cursor(LONGEST_SORT_KEY);
        assert_eq!(decode(&encode(&longest, &list), &list), Some(longest));
        let longer = cursor(LONGEST_SORT_KEY + 1);
        assert_eq!(decode(&encode(&longer, &list), &list), None);
    }

    /// Clients hold on to cursors while the program is replaced.
    #[test]
    fn looks_alike_to_every_version_of_the_program() {
        let cursor = Cursor {
            value: SortValue::Text("Ada".into()),
            id: Uuid::from_u128(7),
        };
        let carried = URL_SAFE_NO_PAD.decode(encode(&cursor, &Fingerprint::of("users")));
        assert_eq!(
            String::from_utf8_lossy(&carried.unwrap_or_default()),
            r#"{"list":"fftM9ndCywY","id":"00000000-0000-0000-0000-000000000007","value":{"text":"Ada"}}"#
        );
    }

    #[test]
    fn times_that_no_store_holds_are_none() {
        let list = Fingerprint::of("users");
        let decoded = |time: &str| {
            let value = SortValue::Time(time.parse().ok());
            let id = Uuid::from_u128(7);
            decode(&encode(&Cursor { value, id }, &list), &list).map(|cursor| cursor.value)
        };
        for time in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"] {
            assert_eq!(decoded(time), Some(SortValue::Time(time.parse().ok())));
        }
        for time in [
            "-0001-12-31T23:59:59.999999Z",
            "-4800-01-01T00:00:00Z",
            "+10000-01-01T00:00:00Z",
        ] {
            assert_eq!(decoded(time), None, "{time}");
        }
    }

    #[test]
    fn junk_is_none() {
        let list = Fingerprint::of("users");
        for text in ["", "x", "!!!!", "e30"] {
            assert_eq!(decode(text, &list), None, "{text}");
        }
    }
}
