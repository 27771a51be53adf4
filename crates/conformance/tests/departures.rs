//! An answer that departs from the document in one thing is found, one that keeps to it is not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hexpress_conformance::{Contract, Exchange};
use serde_json::{Value, json};

fn document() -> Value {
    let json = |schema: &str, example: Value| {
        let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        json!({"application/json": {"schema": schema, "example": example}})
    };
    let note = json!({"id": 1, "title": "Milk"});
    let failure = |code: &str| json!({"error": {"code": code}});
    json!({
        "openapi": "3.1.0",
        "paths": {
            "/notes/{id}": {
                "get": {
                    "responses": {
                        "200": {"headers": {"ETag": {"required": true, "schema": {"pattern": "^\"\\d+\"$"}}}, "content": json("Note", note)},
                        "304": {},
                        "404": {"$ref": "#/components/responses/NotFound"},
                    }
                },
            },
            "/notes/latest": {"get": {"responses": {"204": {}}}},
            "/notes": {
                "post": {
                    "parameters": [{"in": "query", "name": "dry", "schema": {"type": "integer", "maximum": 1}}],
                    "requestBody": {"content": json("NewNote", json!({"title": "Milk"}))},
                    "responses": {
                        "201": {"content": json("Written", json!({"message": "Written"}))},
                        "503": {
                            "headers": {"Retry-After": {"required": true, "schema": {"type": "integer", "minimum": 1}}},
                            "content": json("Failure", failure("UNAVAILABLE")),
                        },
                    },
                },
                "delete": {"responses": {"204": {}}},
            },
        },
        "components": {
            "responses": {"NotFound": {"content": json("Failure", failure("NOT_FOUND"))}},
            "schemas": {
                "Note": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "integer"},
                        "title": {"type": "string"},
                        "tags": {"type": "array", "items": {"$ref": "#/components/schemas/Tag"}},
                    },
                    "required": ["id", "title"],
                },
                "Tag": {"anyOf": [
                    {"type": "object", "properties": {"name": {"type": "string"}}},
                    {"type": "object", "properties": {"colour": {"type": "string"}}},
                ]},
                "NewNote": {
                    "type": "object",
                    "properties": {
                        "title": {"type": "string", "maxLength": 4},
                        "done": {"oneOf": [{"type": "boolean"}, {"type": "null"}]},
                    },
                    "required": ["title"],
                    "additionalProperties": false,
                },
                "Written": {"type": "object", "properties": {"message": {"type": "string"}}},
                "Failure": {
                    "type": "object",
                    "properties": {"error": {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]}},
                    "required": ["error"],
                },
            },
        },
    })
}

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: &str = "application/x-www-form-urlencoded";
const ETAG: (&str, &str) = ("etag", "\"7\"");

const READ: Exchange<'static> = Exchange {
    method: "GET",
    path: "/notes/7",
    request: None,
    status: 200,
    headers: &[JSON, ETAG],
    body: r#"{"id":7,"title":"Milk","tags":[{"name":"a"},{"colour":"b"}]}"#,
};

const WRITE: Exchange<'static> = Exchange {
    method: "POST",
    path: "/notes?dry=1",
    request: Some((JSON.1, r#"{"title":" Milk "}"#)),
    status: 201,
    headers: &[JSON],
    body: r#"{"message":"Written"}"#,
};

const REFUSED: Exchange<'static> = Exchange {
    status: 503,
    headers: &[JSON, ("retry-after", "1")],
    body: r#"{"error":{"code":"UNAVAILABLE"}}"#,
    ..WRITE
};

const NO_ROUTE: Exchange<'static> = Exchange {
    path: "/nope",
    status: 404,
    headers: &[JSON],
    body: r#"{"error":{"code":"NOT_FOUND"}}"#,
    ..READ
};

#[test]
fn what_keeps_to_the_document_departs_in_nothing() {
    let contract = Contract::new(document());
    for exchange in [
        READ,
        Exchange {
            method: "HEAD",
            body: "",
            ..READ
        },
        Exchange {
            status: 304,
            headers: &[],
            body: "",
            ..READ
        },
        Exchange {
            path: "/notes/8",
            ..Exchange {
                path: READ.path,
                ..NO_ROUTE
            }
        },
        Exchange {
            path: "/notes/latest",
            status: 204,
            headers: &[],
            body: "",
            ..READ
        },
        WRITE,
        Exchange {
            path: "/notes?dry=%31",
            request: Some((
                "application/x-www-form-urlencoded; charset=utf-8",
                "title=7&done=true",
            )),
            ..WRITE
        },
        // Only what was accepted must be in the document.
        Exchange {
            path: "/notes?colour=red",
            request: Some((JSON.1, "[]")),
            ..REFUSED
        },
        Exchange {
            method: "DELETE",
            path: "/notes",
            request: Some((JSON.1, "{}")),
            status: 204,
            headers: &[],
            body: "",
        },
        NO_ROUTE,
        Exchange {
            method: "PUT",
            path: "/notes/7",
            status: 405,
            ..NO_ROUTE
        },
        Exchange {
            method: "OPTIONS",
            path: "/nope",
            status: 200,
            headers: &[],
            body: "",
            ..READ
        },
    ] {
        assert_eq!(contract.departures(&exchange), Vec::<String>::new());
    }
}

#[test]
fn one_departure_is_named() {
    let contract = Contract::new(document());
    for (exchange, named) in [
        (
            Exchange {
                status: 202,
                ..READ
            },
            "does not list this status",
        ),
        (
            Exchange {
                headers: &[JSON],
                ..READ
            },
            "ETag is missing",
        ),
        (
            Exchange {
                headers: &[JSON, ("etag", "7")],
                ..READ
            },
            "the header ETag",
        ),
        (
            Exchange {
                headers: &[ETAG],
                ..READ
            },
            "does not list the type",
        ),
        (
            Exchange {
                headers: &[("content-type", "text/html"), ETAG],
                ..READ
            },
            "does not list the type",
        ),
        (Exchange { body: "{", ..READ }, "no JSON"),
        (
            Exchange {
                body: r#"{"id":7}"#,
                ..READ
            },
            "title",
        ),
        (
            Exchange {
                body: r#"{"id":"7","title":"Milk"}"#,
                ..READ
            },
            "integer",
        ),
        (
            Exchange {
                body: r#"{"id":7,"title":"Milk","owner":1}"#,
                ..READ
            },
            ".owner is not in the document",
        ),
        (
            Exchange {
                body: r#"{"id":7,"title":"Milk","tags":[{"size":1}]}"#,
                ..READ
            },
            ".tags[0].size is not in the document",
        ),
        (
            Exchange {
                status: 304,
                ..READ
            },
            "a body is not in the document",
        ),
        (
            Exchange {
                path: READ.path,
                status: 404,
                body: r#"{"error":{"code":"GONE"}}"#,
                ..NO_ROUTE
            },
            "GONE",
        ),
        (
            Exchange {
                body: r#"{"message":"Done"}"#,
                ..WRITE
            },
            "no example has",
        ),
        (
            Exchange {
                path: "/notes?colour=red",
                ..WRITE
            },
            "colour",
        ),
        (
            Exchange {
                path: "/notes?dry=2",
                ..WRITE
            },
            "the parameter dry",
        ),
        (
            Exchange {
                path: "/notes?dry=yes",
                ..WRITE
            },
            "the parameter dry",
        ),
        (
            Exchange {
                request: Some((FORM, "title=Milk!")),
                ..WRITE
            },
            "the request",
        ),
        (
            Exchange {
                request: Some((FORM, "title=Milk&done=yes")),
                ..WRITE
            },
            "the request",
        ),
        (
            Exchange {
                request: Some(("text/plain", "Milk")),
                ..WRITE
            },
            "the request's body",
        ),
        (
            Exchange {
                request: Some((JSON.1, r#"{"title":"Milk!"}"#)),
                ..WRITE
            },
            "the request",
        ),
        (
            Exchange {
                request: Some((JSON.1, r#"{"title":"Milk","size":1}"#)),
                ..WRITE
            },
            "size",
        ),
        (
            Exchange {
                headers: &[JSON, ("retry-after", "soon")],
                ..REFUSED
            },
            "Retry-After",
        ),
        (
            Exchange {
                status: 200,
                ..NO_ROUTE
            },
            "no operation",
        ),
        (
            Exchange {
                body: "Not found",
                ..NO_ROUTE
            },
            "no JSON",
        ),
        (
            Exchange {
                body: "{}",
                ..NO_ROUTE
            },
            "error",
        ),
        (
            Exchange {
                method: "PUT",
                path: "/notes/7",
                ..NO_ROUTE
            },
            "no operation",
        ),
        (
            Exchange {
                method: "DELETE",
                path: "/notes",
                request: Some((JSON.1, r#"{"all":1}"#)),
                status: 204,
                headers: &[],
                body: "",
            },
            "the request's body",
        ),
    ] {
        let departures = contract.departures(&exchange).join("\n");
        assert!(departures.contains(named), "{named}: {departures:?}");
    }
}

#[test]
fn examples_are_of_their_schemas() {
    assert_eq!(
        Contract::new(document()).wrong_examples(),
        Vec::<String>::new()
    );
    let pointer = "/paths/~1notes/post/requestBody/content/application~1json/example";
    let mut wrong = document();
    *wrong.pointer_mut(pointer).unwrap() = json!({"title": 5});
    assert_eq!(Contract::new(wrong).wrong_examples().len(), 1);
    let mut missing = document();
    let content = pointer.strip_suffix("/example").unwrap();
    let content = missing.pointer_mut(content).unwrap();
    content.as_object_mut().unwrap().remove("example");
    assert_eq!(Contract::new(missing).wrong_examples().len(), 1);
}
