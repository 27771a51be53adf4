//! Schemas said by their names. utoipa writes the schema of a generic's argument
//! out in full, although it has a name of its own.

use serde_json::{Map, Value, json};

/// Puts a reference wherever a whole named schema stands.
pub(super) fn refer(document: &mut Value) {
    let schemas = document.pointer("/components/schemas");
    let named = schemas.and_then(Value::as_object).cloned();
    let named = named.unwrap_or_default();
    let schemas = document.pointer_mut("/components/schemas");
    let schemas = schemas.and_then(Value::as_object_mut);
    for schema in schemas.into_iter().flat_map(Map::values_mut) {
        refer_within(schema, &named);
    }
}

fn refer_within(value: &mut Value, named: &Map<String, Value>) {
    let parts: Vec<&mut Value> = match value {
        Value::Object(map) => map.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        _ => return,
    };
    for part in parts {
        let mut whole = named.iter().filter(|(_, schema)| is_composed(schema));
        match whole.find(|(_, schema)| *schema == part) {
            Some((name, _)) => *part = json!({"$ref": format!("#/components/schemas/{name}")}),
            None => refer_within(part, named),
        }
    }
}

/// Two texts with the same bounds may mean different things.
fn is_composed(schema: &Value) -> bool {
    schema.get("properties").is_some() || schema.get("allOf").is_some()
}
