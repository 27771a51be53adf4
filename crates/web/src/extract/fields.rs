use std::collections::HashMap;

use axum::body::Bytes;
use hexpress_domain::text::trim;
use hexpress_domain::validation::{Field, ValidationErrors};
use serde::de::DeserializeOwned;

use crate::json::{self, Members, shortened};

/// How many fields that nobody may send are named to the client: an answer must not
/// grow with the junk that was sent.
const MAX_UNKNOWN_NAMED: usize = 20;

/// What is said of a field or a parameter that nobody may send.
pub(crate) const UNKNOWN: &str = "Is not known here";

/// The fields of a body or a query, to be taken out by name. What is left over
/// at the end nobody may send. Each stands with its place in the order sent. No
/// `Debug`: passwords are still in clear here.
#[derive(Default)]
pub(crate) struct Fields(HashMap<String, (usize, Sent)>);

enum Sent {
    /// A JSON value, as it was sent.
    Json(Bytes),
    /// From a form or a query, where everything is text.
    Text(String),
    Repeated,
}

impl From<Members> for Fields {
    fn from(members: Members) -> Self {
        let members = members.into_iter().enumerate();
        let sent = members.map(|(place, (name, value))| (name, (place, Sent::Json(value))));
        Self(sent.collect())
    }
}

impl From<Vec<(String, String)>> for Fields {
    fn from(pairs: Vec<(String, String)>) -> Self {
        let mut fields = HashMap::new();
        for (place, (name, value)) in pairs.into_iter().enumerate() {
            fields
                .entry(name)
                .and_modify(|(_, sent)| *sent = Sent::Repeated)
                .or_insert((place, Sent::Text(value)));
        }
        Self(fields)
    }
}

impl Fields {
    fn take(&mut self, name: &str) -> Option<Sent> {
        self.0.remove(name).map(|(_, sent)| sent)
    }

    /// Takes a field and reads it by what it is; `expected` is what is said of one that
    /// is something else.
    fn read<T>(
        &mut self,
        name: &str,
        expected: &str,
        read_json: impl FnOnce(&Bytes) -> Option<T>,
        read_text: impl FnOnce(String) -> Option<T>,
    ) -> Field<T> {
        let value = match self.take(name) {
            None => return Field::Absent,
            Some(Sent::Repeated) => return Field::Malformed("Must be sent once".to_owned()),
            Some(Sent::Json(json)) if *json == *b"null" => return Field::Null,
            Some(Sent::Json(json)) => read_json(&json),
            Some(Sent::Text(text)) => read_text(text),
        };
        value.map_or_else(|| Field::Malformed(expected.to_owned()), Field::Value)
    }

    /// A field that is a string.
    pub(crate) fn text(&mut self, name: &str) -> Field<String> {
        self.read(name, "Must be a string", from_json, Some)
    }

    /// A field that is true or false.
    pub(crate) fn boolean(&mut self, name: &str) -> Field<bool> {
        self.read(name, "Must be true or false", from_json, |text| {
            text.parse().ok()
        })
    }

    /// A field that is a whole number. One that 64 bits cannot hold is the nearest that
    /// they can: out of all bounds as well.
    pub(crate) fn whole_number(&mut self, name: &str) -> Field<i64> {
        self.read(
            name,
            "Must be a whole number",
            |json| whole_number(std::str::from_utf8(json).ok()?),
            |text| whole_number(trim(&text)),
        )
    }

    /// A field that is a JSON object, as its text: numbers would be rounded otherwise.
    pub(crate) fn object(&mut self, name: &str) -> Field<String> {
        let whole = |json: &Bytes| {
            let is_object = json.starts_with(b"{");
            is_object.then(|| String::from_utf8_lossy(json).into_owned())
        };
        self.read(name, "Must be a JSON object", whole, |_| None)
    }

    /// A field that is an array of objects, the fields of each to be taken out.
    pub(crate) fn objects(&mut self, name: &str) -> Field<Vec<Field<Self>>> {
        let objects = |json: &Bytes| {
            let items = json::items(json)?.into_iter();
            Some(items.map(Self::within).collect())
        };
        self.read(name, "Must be an array of JSON objects", objects, |_| None)
    }

    fn within(json: Bytes) -> Field<Self> {
        if *json == *b"null" {
            return Field::Null;
        }
        match json::members(&json) {
            Ok(members) => Field::Value(members.into()),
            Err(_) => Field::Malformed("Must be an object".to_owned()),
        }
    }

    /// Whether a field of this name was sent.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What was parsed from the fields that were taken, unless it or the fields
    /// left over are at fault.
    pub(crate) fn finish<T>(
        self,
        parsed: Result<T, ValidationErrors>,
    ) -> Result<T, ValidationErrors> {
        self.finish_beside(ValidationErrors::new(), parsed)
    }

    /// As [`Self::finish`], where objects within have left fields over, too.
    pub(crate) fn finish_beside<T>(
        self,
        mut unknown: ValidationErrors,
        parsed: Result<T, ValidationErrors>,
    ) -> Result<T, ValidationErrors> {
        self.left_over("", &mut unknown);
        match parsed {
            Ok(parsed) => unknown.finish(|| Some(parsed)),
            Err(mut errors) => {
                errors.extend(unknown);
                Err(errors)
            }
        }
    }

    /// Adds the fields that are left over to those that nobody may send. `within` is
    /// what stands before their names.
    pub(crate) fn left_over(self, within: &str, unknown: &mut ValidationErrors) {
        let mut left_over: Vec<_> = self.0.into_iter().collect();
        left_over.sort_unstable_by_key(|(_, (place, _))| *place);
        let room = MAX_UNKNOWN_NAMED.saturating_sub(unknown.as_slice().len());
        for (name, _) in left_over.into_iter().take(room) {
            unknown.add(format!("{within}{}", shortened(name)), UNKNOWN);
        }
    }
}

/// A whole number in digits, with a minus where it is below 0.
fn whole_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nearest = if digits.len() == text.len() {
        i64::MAX
    } else {
        i64::MIN
    };
    Some(text.parse().unwrap_or(nearest))
}

fn from_json<T: DeserializeOwned>(json: &Bytes) -> Option<T> {
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn the_cost_does_not_grow_with_the_square_of_the_names() {
        let pairs = (0..100_000).map(|number| (number.to_string(), String::new()));
        let pairs: Vec<_> = pairs.collect();
        let begun = Instant::now();
        let fields = Fields::from(pairs);
        // A tenth of a second, where comparing each with each takes a minute.
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(fields.has("99999"));
    }
}
