//! Compares what an HTTP API was asked and answered with its OpenAPI document, so that the
//! document cannot lie.
//!
//! What belongs here: what must hold between any document and any exchange. What does not: which
//! exchanges there are; the suites that see them hand each to [`Contract::departures`].
//!
//! Open `exchange.rs` to see what is looked at, `schema.rs` for how bodies are.
#![warn(missing_docs)]

mod exchange;
mod schema;

use serde_json::Value;

pub use exchange::Exchange;

/// What an OpenAPI 3.1 document promises.
pub struct Contract {
    document: Value,
}

/// An operation of the document, by the path that a request names.
enum Found<'a> {
    Operation(&'a Value),
    /// The path is known, with other methods.
    Path,
    Nothing,
}

impl Contract {
    /// Takes a document.
    #[must_use]
    pub const fn new(document: Value) -> Self {
        Self { document }
    }

    /// Where the document departs from itself: examples that are not of their schemas.
    #[must_use]
    pub fn wrong_examples(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut contents = Vec::new();
        collect_contents(&self.document, "#", &mut contents);
        for (place, content) in contents {
            let schema = content.get("schema");
            let Some(schema) = schema.filter(|_| place.ends_with("json")) else {
                continue;
            };
            let several = content.get("examples").and_then(Value::as_object);
            let several = several.into_iter().flatten();
            let several = several.filter_map(|(_, example)| example.get("value"));
            let examples: Vec<_> = content.get("example").into_iter().chain(several).collect();
            if examples.is_empty() {
                wrong.push(format!("{place}: no example"));
            }
            for example in examples {
                let faults = self.faults(schema, example);
                wrong.extend(faults.iter().map(|fault| format!("{place}: {fault}")));
            }
        }
        wrong
    }

    fn find(&self, method: &str, path: &str) -> Found<'_> {
        let paths = self.document.get("paths").and_then(Value::as_object);
        let mut matching: Vec<_> = paths
            .into_iter()
            .flatten()
            .filter(|(template, _)| matches(template, path))
            .collect();
        // A path without a parameter is meant before one with (OpenAPI 3.1, section 4.8.8.2).
        matching.sort_by_key(|(template, _)| template.matches('{').count());
        let Some((_, item)) = matching.first() else {
            return Found::Nothing;
        };
        match item.get(method.to_ascii_lowercase()) {
            Some(operation) => Found::Operation(operation),
            None => Found::Path,
        }
    }

    /// The part of the document that a `$ref` names, or what stands there itself.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let reference = value.get("$ref").and_then(Value::as_str);
        let pointer = reference.and_then(|reference| reference.strip_prefix('#'));
        pointer
            .and_then(|pointer| self.document.pointer(pointer))
            .unwrap_or(value)
    }
}

/// Every `content` of the document, however deep, with its place.
fn collect_contents<'a>(value: &'a Value, place: &str, found: &mut Vec<(String, &'a Value)>) {
    let entries = value.as_object().into_iter().flatten();
    for (name, value) in entries {
        let place = format!("{place}/{name}");
        if name == "content" {
            let contents = value.as_object().into_iter().flatten();
            found.extend(contents.map(|(kind, content)| (format!("{place}/{kind}"), content)));
        } else if name != "schemas" {
            collect_contents(value, &place, found);
        }
    }
}

fn matches(template: &str, path: &str) -> bool {
    let template: Vec<_> = template.split('/').collect();
    let path: Vec<_> = path.split('/').collect();
    let part_matches = |(wanted, part): (&&str, &&str)| {
        wanted == part || (wanted.starts_with('{') && !part.is_empty())
    };
    template.len() == path.len() && template.iter().zip(&path).all(part_matches)
}
