//! Examples of whole bodies, put together from those of their required fields; a
//! schema where that tells too little has an example of its own.

use serde_json::{Map, Value, json};

/// How deep schemas may name each other; none does for ever.
const MAX_DEPTH: usize = 16;

/// Gives an example to every body that has none.
pub(super) fn fill(document: &mut Value) {
    let schemas = document.pointer("/components/schemas").cloned();
    let schemas = Schemas(schemas.unwrap_or_default());
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for item in paths.into_iter().flat_map(|paths| paths.values_mut()) {
        let operations = item.as_object_mut();
        for operation in operations.into_iter().flat_map(|item| item.values_mut()) {
            if let Some(body) = operation.get_mut("requestBody") {
                fill_contents(body, &schemas, None);
            }
            let responses = operation.get_mut("responses");
            let responses = responses.and_then(Value::as_object_mut);
            for response in responses.into_iter().flat_map(|all| all.values_mut()) {
                let description = response.get("description").cloned();
                fill_contents(response, &schemas, description);
            }
        }
    }
}

/// A write's message is its response's description.
fn fill_contents(body: &mut Value, schemas: &Schemas, message: Option<Value>) {
    let contents = body.get_mut("content").and_then(Value::as_object_mut);
    let contents = contents.into_iter().flatten();
    let contents = contents.filter(|(kind, _)| kind.starts_with("application/"));
    for (_, content) in contents {
        let Some(content) = content.as_object_mut() else {
            continue;
        };
        if content.contains_key("examples") || content.contains_key("example") {
            continue;
        }
        let schema = content.get("schema").cloned().unwrap_or_default();
        let mut example = schemas.example(&schema, MAX_DEPTH);
        if let (Some(text), Some(message)) = (example.get_mut("message"), &message) {
            *text = message.clone();
        }
        content.insert("example".to_owned(), example);
    }
}

struct Schemas(Value);

impl Schemas {
    /// A value of this schema: its own example, or what its parts give.
    fn example(&self, schema: &Value, depth: usize) -> Value {
        let Some(depth) = depth.checked_sub(1) else {
            return Value::Null;
        };
        let own = schema.get("example");
        let first = |name: &str| schema.get(name).and_then(Value::as_array)?.first();
        let own = own.or_else(|| first("examples"));
        let own = own.or_else(|| schema.get("default"));
        if let Some(own) = own.or_else(|| first("enum")) {
            return own.clone();
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.rsplit('/').next().unwrap_or_default();
            let named = self.0.get(name).cloned().unwrap_or_default();
            return self.example(&named, depth);
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let parts = parts.iter().map(|part| self.example(part, depth));
            return Value::Object(parts.filter_map(into_object).flatten().collect());
        }
        let choices = schema.get("oneOf").or_else(|| schema.get("anyOf"));
        if let Some(choices) = choices.and_then(Value::as_array) {
            let is_null = |choice: &&Value| choice.get("type") == Some(&json!("null"));
            let choice = choices.iter().find(|choice| !is_null(choice));
            return choice.map_or(Value::Null, |choice| self.example(choice, depth));
        }
        self.typed(schema, depth)
    }

    fn typed(&self, schema: &Value, depth: usize) -> Value {
        let kind = schema.get("type");
        let kind = kind.and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()));
        match kind {
            Some("object") => {
                let properties = schema.get("properties").and_then(Value::as_object);
                let required = schema.get("required").and_then(Value::as_array);
                let is_required = |name: &str| {
                    let mut required = required.into_iter().flatten();
                    required.any(|required| required == name)
                };
                let properties = properties.into_iter().flatten();
                let examples = properties
                    .filter(|(name, _)| is_required(name))
                    .map(|(name, schema)| (name.clone(), self.example(schema, depth)));
                Value::Object(examples.collect())
            }
            Some("array") if schema.get("maxItems") == Some(&json!(0)) => json!([]),
            Some("array") => {
                let items = schema.get("items").cloned().unwrap_or_default();
                json!([self.example(&items, depth)])
            }
            Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
            Some("boolean") => json!(true),
            Some("string") => json!("text"),
            _ => Value::Null,
        }
    }
}

fn into_object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}
