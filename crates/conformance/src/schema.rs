//! Whether a JSON value is of a schema of the document.

use serde_json::{Map, Value, json};

use crate::Contract;

impl Contract {
    /// What is wrong with a value. Beyond the rules of JSON Schema, it may hold nothing that the
    /// schema does not name: readers of the document would not know of it.
    pub(crate) fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [schema],
            // Where references lead.
            "components": {"schemas": self.document.pointer("/components/schemas")},
        });
        let options = jsonschema::options().should_validate_formats(true);
        let validator = match options.build(&whole) {
            Ok(validator) => validator,
            Err(error) => return vec![format!("the document has no good schema: {error}")],
        };
        let mut faults: Vec<_> = validator
            .iter_errors(value)
            .map(|error| format!("{} at {:?}", error, error.instance_path().to_string()))
            .collect();
        self.find_unnamed(&[schema], value, "", &mut faults);
        faults
    }

    /// The value that a text stands for where everything is text: in a header, a query or a form.
    pub(crate) fn read(&self, schema: &Value, text: &str) -> Value {
        let mut alternatives = Vec::new();
        self.flatten(schema, &mut alternatives);
        let types = alternatives.iter().filter_map(|schema| schema.get("type"));
        let is_text = types.clone().any(|kind| kind == "string") || types.count() == 0;
        match serde_json::from_str(text) {
            Ok(value @ (Value::Bool(_) | Value::Number(_))) if !is_text => value,
            _ => text.into(),
        }
    }

    /// Finds properties that none of the schemas that a value may be of names.
    fn find_unnamed(
        &self,
        schemas: &[&Value],
        value: &Value,
        place: &str,
        faults: &mut Vec<String>,
    ) {
        let mut alternatives = Vec::new();
        for schema in schemas {
            self.flatten(schema, &mut alternatives);
        }
        match value {
            Value::Object(map) => self.find_unnamed_in_object(&alternatives, map, place, faults),
            Value::Array(items) => {
                let schemas = alternatives.iter().filter_map(|schema| schema.get("items"));
                let schemas: Vec<_> = schemas.collect();
                for (index, item) in items.iter().enumerate() {
                    self.find_unnamed(&schemas, item, &format!("{place}[{index}]"), faults);
                }
            }
            _ => {}
        }
    }

    fn find_unnamed_in_object(
        &self,
        alternatives: &[&Value],
        map: &Map<String, Value>,
        place: &str,
        faults: &mut Vec<String>,
    ) {
        // Says nothing of what is in it, and so may hold anything.
        if alternatives
            .iter()
            .all(|schema| schema.get("properties").is_none())
        {
            return;
        }
        for (name, value) in map {
            let place = format!("{place}.{name}");
            let schemas = alternatives
                .iter()
                .filter_map(|schema| schema.get("properties")?.get(name));
            let schemas: Vec<_> = schemas.collect();
            if schemas.is_empty() {
                faults.push(format!("{place} is not in the document"));
            } else {
                self.find_unnamed(&schemas, value, &place, faults);
            }
        }
    }

    /// The schemas behind references and in compositions.
    fn flatten<'a>(&'a self, schema: &'a Value, found: &mut Vec<&'a Value>) {
        let schema = self.resolved(schema);
        found.push(schema);
        for composition in ["allOf", "oneOf", "anyOf"] {
            let parts = schema.get(composition).and_then(Value::as_array);
            for part in parts.into_iter().flatten() {
                self.flatten(part, found);
            }
        }
    }
}
