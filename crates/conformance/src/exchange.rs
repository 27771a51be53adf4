use serde_json::{Map, Value, json};

use crate::{Contract, Found};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A request and its answer.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's path, with its query.
    pub path: &'a str,
    /// The request's `Content-Type` and body, if it had one.
    pub request: Option<(&'a str, &'a str)>,
    /// The answer's status.
    pub status: u16,
    /// The answer's headers, names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The answer's body; nothing is said of one with a content coding.
    pub body: &'a str,
}

impl Contract {
    /// Where an exchange departs from the document; empty where it keeps to it.
    #[must_use]
    pub fn departures(&self, exchange: &Exchange<'_>) -> Vec<String> {
        exchange.departures(self)
    }
}

impl Exchange<'_> {
    fn departures(&self, contract: &Contract) -> Vec<String> {
        let (path, query) = self.path.split_once('?').unwrap_or((self.path, ""));
        // CORS answers it, on every path, also on unknown ones.
        if self.method == "OPTIONS" {
            return Vec::new();
        }
        let method = if self.method == "HEAD" {
            "GET"
        } else {
            self.method
        };
        let mut faults = match (contract.find(method, path), self.status) {
            (Found::Operation(operation), _) => self.compare(contract, operation, query),
            (Found::Path, 405)
            | (Found::Nothing, 404)
            | (Found::Path | Found::Nothing, 400 | 501) => self.compare_refusal(contract),
            // To a path that is known but for a slash at its end.
            (Found::Nothing, 308) if path.ends_with('/') => Vec::new(),
            (Found::Path | Found::Nothing, _) => vec!["no operation of the document".to_owned()],
        };
        for fault in &mut faults {
            *fault = format!("{} {} {}: {fault}", self.method, self.path, self.status);
        }
        faults
    }

    fn compare(&self, contract: &Contract, operation: &Value, query: &str) -> Vec<String> {
        let responses = operation.get("responses");
        let status = self.status.to_string();
        let Some(response) = responses.and_then(|responses| responses.get(&status)) else {
            return vec!["the document does not list this status".to_owned()];
        };
        let response = contract.resolved(response);
        let mut faults = self.header_faults(contract, response);
        faults.extend(self.body_faults(contract, response));
        if (200..300).contains(&self.status) {
            faults.extend(self.request_faults(contract, operation, query));
        }
        faults
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }

    /// Every header that the document requires must be there, and be what it says.
    fn header_faults(&self, contract: &Contract, response: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        let headers = response.get("headers").and_then(Value::as_object);
        for (name, header) in headers.into_iter().flatten() {
            let header = contract.resolved(header);
            let Some(value) = self.header(name) else {
                if header.get("required") == Some(&json!(true)) {
                    faults.push(format!("the header {name} is missing"));
                }
                continue;
            };
            let Some(schema) = header.get("schema") else {
                continue;
            };
            let wrong = contract.faults(schema, &contract.read(schema, value));
            faults.extend(
                wrong
                    .iter()
                    .map(|fault| format!("the header {name}: {fault}")),
            );
        }
        faults
    }

    fn body_faults(&self, contract: &Contract, response: &Value) -> Vec<String> {
        let contents = response.get("content").and_then(Value::as_object);
        let Some(contents) = contents.filter(|contents| !contents.is_empty()) else {
            let is_empty = self.body.is_empty();
            return if is_empty {
                Vec::new()
            } else {
                vec!["a body is not in the document".to_owned()]
            };
        };
        let media_type = essence(self.header("content-type").unwrap_or_default());
        let Some(content) = contents.get(media_type) else {
            return vec![format!(
                "the document does not list the type {media_type:?}"
            )];
        };
        let is_coded = self.header("content-encoding").is_some();
        if self.method == "HEAD" || media_type != JSON || is_coded {
            return Vec::new();
        }
        let Ok(body) = serde_json::from_str::<Value>(self.body) else {
            return vec!["the body is no JSON".to_owned()];
        };
        let schema = content.get("schema").unwrap_or(&Value::Null);
        let mut faults = contract.faults(schema, &body);
        faults.extend(unexampled(content, &body));
        faults
    }

    /// A refusal that belongs to no operation has the envelope of all.
    fn compare_refusal(&self, contract: &Contract) -> Vec<String> {
        if self.method == "HEAD" {
            return Vec::new();
        }
        let Ok(body) = serde_json::from_str::<Value>(self.body) else {
            return vec!["the body is no JSON".to_owned()];
        };
        let failure = json!({"$ref": "#/components/schemas/Failure"});
        contract.faults(&failure, &body)
    }

    /// Whatever was accepted must be in the document, too.
    fn request_faults(&self, contract: &Contract, operation: &Value, query: &str) -> Vec<String> {
        let mut faults = query_faults(contract, operation, query);
        let Some((content_type, text)) = self.request else {
            return faults;
        };
        let content = operation.pointer("/requestBody/content");
        let media_type = essence(content_type);
        let content = content.and_then(|content| content.get(media_type));
        let schema = content.and_then(|content| content.get("schema"));
        let request = match (media_type, schema) {
            (FORM, Some(schema)) => Some(form(contract, schema, text)),
            _ => serde_json::from_str(text).ok(),
        };
        match (schema, request) {
            (Some(schema), Some(request)) => {
                let wrong = contract.faults(schema, &trimmed(request));
                faults.extend(wrong.iter().map(|fault| format!("the request: {fault}")));
            }
            (None, Some(Value::Object(fields))) if fields.is_empty() => {}
            (None, _) if text.is_empty() => {}
            _ => faults.push("the request's body is not in the document".to_owned()),
        }
        faults
    }
}

fn query_faults(contract: &Contract, operation: &Value, query: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let parameters: Vec<_> = parameters
        .into_iter()
        .flatten()
        .filter(|parameter| parameter.get("in") == Some(&json!("query")))
        .collect();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let mut parameters = parameters.iter();
        let named = parameters.find(|parameter| parameter.get("name") == Some(&json!(name)));
        let Some(parameter) = named else {
            faults.push(format!("the parameter {name} is not in the document"));
            continue;
        };
        if let Some(schema) = parameter.get("schema") {
            let wrong = contract.faults(schema, &contract.read(schema, trim(&text)));
            let wrong = wrong.iter();
            faults.extend(wrong.map(|fault| format!("the parameter {name}: {fault}")));
        }
    }
    faults
}

/// A form as the object that it stands for.
fn form(contract: &Contract, schema: &Value, text: &str) -> Value {
    let properties = contract.resolved(schema).get("properties");
    let fields = form_urlencoded::parse(text.as_bytes()).map(|(name, text)| {
        let schema = properties.and_then(|properties| properties.get(name.as_ref()));
        let value = schema.map_or_else(|| json!(text), |schema| contract.read(schema, &text));
        (name.into_owned(), value)
    });
    Value::Object(fields.collect())
}

/// A media type without its parameters.
fn essence(content_type: &str) -> &str {
    content_type
        .split_once(';')
        .map_or(content_type, |(essence, _)| essence)
        .trim()
}

/// A code or a message that none of the examples has. Only they say which of them to expect.
fn unexampled(content: &Value, body: &Value) -> Vec<String> {
    let several = content.get("examples").and_then(Value::as_object);
    let several = several.into_iter().flatten();
    let several = several.filter_map(|(_, example)| example.get("value"));
    let examples: Vec<_> = content.get("example").into_iter().chain(several).collect();
    ["/error/code", "/message"]
        .into_iter()
        .filter_map(|pointer| {
            let text = body.pointer(pointer)?;
            let mut expected = examples
                .iter()
                .filter_map(|example| example.pointer(pointer));
            let is_known = expected.any(|example| example == text);
            (!is_known).then(|| format!("no example has {text} at {pointer}"))
        })
        .collect()
}

/// White space and what else shows nothing, as the contract names it.
fn trim(text: &str) -> &str {
    const INVISIBLE: &str =
        "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2060}\u{2800}\u{3164}\u{feff}";
    text.trim_matches(|letter: char| letter.is_whitespace() || INVISIBLE.contains(letter))
}

/// Texts are checked without the blanks around them.
fn trimmed(value: Value) -> Value {
    match value {
        Value::String(text) => trim(&text).into(),
        Value::Array(items) => items.into_iter().map(trimmed).collect(),
        Value::Object(map) => {
            let fields = map.into_iter().map(|(name, value)| (name, trimmed(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        value => value,
    }
}
