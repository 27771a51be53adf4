use std::collections::HashMap;

use axum::body::Bytes;
use hexpress_domain::validation::{Field, ValidationErrors};
use serde_json::{Map, Value};

use crate::json;

/// How many fields that nobody may send are named to the client, and how much of
/// each name: an answer must not grow with the junk that was sent.
const MAX_UNKNOWN_NAMED: usize = 20;
const MAX_NAME_LENGTH: usize = 100;

/// The fields of a body or a query, to be taken out by name. What is left over
/// at the end nobody may send. Each stands with its place in the order sent. No
/// `Debug`: passwords are still in clear here.
pub(crate) struct Fields {
    sent: HashMap<String, (usize, Sent)>,
    /// The JSON object that they stand in; empty where they come from elsewhere.
    object: Bytes,
}

enum Sent {
    Json(Value),
    /// From a form or a query, where everything is text.
    Text(String),
    Repeated,
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
        Self {
            sent: fields,
            object: Bytes::new(),
        }
    }
}

impl Fields {
    /// The members of a JSON object, which was read from this text.
    pub(crate) fn of_object(members: Map<String, Value>, object: Bytes) -> Self {
        let members = members.into_iter().enumerate();
        let sent = members.map(|(place, (name, value))| (name, (place, Sent::Json(value))));
        Self {
            sent: sent.collect(),
            object,
        }
    }

    fn take(&mut self, name: &str) -> Option<Sent> {
        self.sent.remove(name).map(|(_, sent)| sent)
    }

    /// A field that is a JSON object, as its text: numbers would be rounded otherwise.
    pub(crate) fn object(&mut self, name: &str) -> Field<String> {
        match self.take(name) {
            None => Field::Absent,
            Some(Sent::Json(Value::Null)) => Field::Null,
            Some(Sent::Json(Value::Object(_))) => json::member(&self.object, name)
                .map_or(Field::Absent, |text| Field::Value(text.get().to_owned())),
            Some(Sent::Json(_) | Sent::Text(_)) => {
                Field::Malformed("Must be a JSON object".to_owned())
            }
            Some(Sent::Repeated) => repeated(),
        }
    }

    /// A field that is a string.
    pub(crate) fn text(&mut self, name: &str) -> Field<String> {
        match self.take(name) {
            None => Field::Absent,
            Some(Sent::Json(Value::Null)) => Field::Null,
            Some(Sent::Json(Value::String(text)) | Sent::Text(text)) => Field::Value(text),
            Some(Sent::Json(_)) => Field::Malformed("Must be a string".to_owned()),
            Some(Sent::Repeated) => repeated(),
        }
    }

    /// A field that is true or false.
    pub(crate) fn boolean(&mut self, name: &str) -> Field<bool> {
        match self.take(name) {
            None => Field::Absent,
            Some(Sent::Json(Value::Null)) => Field::Null,
            Some(Sent::Json(Value::Bool(value))) => Field::Value(value),
            Some(Sent::Text(text)) if text == "true" => Field::Value(true),
            Some(Sent::Text(text)) if text == "false" => Field::Value(false),
            Some(Sent::Json(_) | Sent::Text(_)) => {
                Field::Malformed("Must be true or false".to_owned())
            }
            Some(Sent::Repeated) => repeated(),
        }
    }

    /// A field that is a whole number. One that 64 bits cannot hold is the nearest that
    /// they can: out of all bounds as well.
    pub(crate) fn whole_number(&mut self, name: &str) -> Field<i64> {
        let number = match self.take(name) {
            None => return Field::Absent,
            Some(Sent::Json(Value::Null)) => return Field::Null,
            Some(Sent::Repeated) => return repeated(),
            Some(Sent::Json(Value::Number(number))) => number
                .as_i64()
                .or_else(|| number.is_u64().then_some(i64::MAX)),
            Some(Sent::Text(text)) => whole_number(text.trim()),
            Some(Sent::Json(_)) => None,
        };
        match number {
            Some(number) => Field::Value(number),
            None => Field::Malformed("Must be a whole number".to_owned()),
        }
    }

    /// A field that is an array of objects, the fields of each to be taken out.
    pub(crate) fn objects(&mut self, name: &str) -> Field<Vec<Field<Self>>> {
        match self.take(name) {
            None => Field::Absent,
            Some(Sent::Json(Value::Null)) => Field::Null,
            Some(Sent::Json(Value::Array(values))) => {
                let objects = values.into_iter().map(|value| match value {
                    Value::Null => Field::Null,
                    Value::Object(members) => Field::Value(Self::of_object(members, Bytes::new())),
                    _ => Field::Malformed("Must be an object".to_owned()),
                });
                Field::Value(objects.collect())
            }
            Some(Sent::Json(_)) => Field::Malformed("Must be an array".to_owned()),
            Some(Sent::Text(_) | Sent::Repeated) => {
                Field::Malformed("Must be an array, which JSON alone can hold".to_owned())
            }
        }
    }

    /// The text of a field, which stays to be taken.
    pub(crate) fn peek(&self, name: &str) -> Option<&str> {
        match self.sent.get(name) {
            Some((_, Sent::Json(Value::String(text)) | Sent::Text(text))) => Some(text),
            _ => None,
        }
    }

    /// Whether a field of this name was sent.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.sent.contains_key(name)
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
            Ok(parsed) => unknown.finish(Some(parsed)),
            Err(mut errors) => {
                errors.extend(unknown);
                Err(errors)
            }
        }
    }

    /// Adds the fields that are left over to those that nobody may send. `within` is
    /// what stands before their names.
    pub(crate) fn left_over(self, within: &str, unknown: &mut ValidationErrors) {
        let mut left_over: Vec<_> = self.sent.into_iter().collect();
        left_over.sort_unstable_by_key(|(_, (place, _))| *place);
        let room = MAX_UNKNOWN_NAMED.saturating_sub(unknown.as_slice().len());
        for (name, _) in left_over.into_iter().take(room) {
            unknown.add(format!("{within}{}", shortened(name)), "Is not known here");
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

fn repeated<T>() -> Field<T> {
    Field::Malformed("Must be sent once".to_owned())
}

fn shortened(mut name: String) -> String {
    if let Some((end, _)) = name.char_indices().nth(MAX_NAME_LENGTH) {
        name.truncate(end);
        name.push('…');
    }
    name
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
