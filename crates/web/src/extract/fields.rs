use hexpress_domain::validation::{Field, ValidationErrors};
use serde_json::{Map, Value};

/// The fields of a body or a query, to be taken out by name. What is left over
/// at the end nobody may send. No `Debug`: passwords are still in clear here.
#[derive(Default)]
pub(crate) struct Fields(Vec<(String, Sent)>);

enum Sent {
    Json(Value),
    /// From a form or a query, where everything is text.
    Text(String),
    Repeated,
}

impl From<Map<String, Value>> for Fields {
    fn from(map: Map<String, Value>) -> Self {
        let fields = map.into_iter();
        Self(
            fields
                .map(|(name, value)| (name, Sent::Json(value)))
                .collect(),
        )
    }
}

impl From<Vec<(String, String)>> for Fields {
    fn from(pairs: Vec<(String, String)>) -> Self {
        let mut fields: Vec<(String, Sent)> = Vec::new();
        for (name, value) in pairs {
            match fields.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sent)) => *sent = Sent::Repeated,
                None => fields.push((name, Sent::Text(value))),
            }
        }
        Self(fields)
    }
}

impl Fields {
    fn take(&mut self, name: &str) -> Option<Sent> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(index).1)
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

    /// Whether a field of this name was sent.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// What was parsed from the fields that were taken, unless it or the fields
    /// left over are at fault.
    pub(crate) fn finish<T>(
        self,
        parsed: Result<T, ValidationErrors>,
    ) -> Result<T, ValidationErrors> {
        let mut unknown = ValidationErrors::new();
        for (name, _) in self.0 {
            unknown.add(name, "Is not known here");
        }
        match parsed {
            Ok(parsed) => unknown.finish(Some(parsed)),
            Err(mut errors) => {
                errors.extend(unknown);
                Err(errors)
            }
        }
    }
}

fn repeated<T>() -> Field<T> {
    Field::Malformed("Must be sent once".to_owned())
}
