//! The errors that an operation may be answered with: each a type that stands among the responses
//! of its `#[utoipa::path]`. The example is made by what answers in service, so
//! that status, code and text are those that clients see.
//!
//! Those of one resource stand in its `responses.rs`; those of several stand here.
//! What every operation of a kind may be refused for (a bad token, an unreadable
//! body) is added by [`complete`](super::complete) and needs no naming.

use std::collections::BTreeMap;
use std::time::Duration;

use hexpress_app::{Error, StockShortage};
use hexpress_domain::product::Stock;
use serde_json::json;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

use crate::error::{ApiError, Capacity, RateLimit};

/// The id that requests have in examples.
const REQUEST_ID: &str = "0192d3a4-5b6c-7d8e-9f01-23456789abcd";

pub(crate) type Responses = BTreeMap<String, RefOr<Response>>;

/// Refusals of one status are one response with an example for each. Until they
/// are put together each needs a key of its own: the status, a blank, its name.
pub(crate) fn error_response(name: &str, error: impl Into<ApiError>) -> Responses {
    let (status, body) = error.into().envelope(REQUEST_ID);
    let body = json!(body);
    let code = body.pointer("/error/code").and_then(|code| code.as_str());
    let code = code.unwrap_or_default().to_owned();
    let example = ExampleBuilder::new().summary(code).value(Some(body));
    let content = Content::builder()
        .schema(Some(Ref::from_schema_name("Failure")))
        .examples_from_iter([(name, example.build())])
        .build();
    let response = ResponseBuilder::new().content("application/json", content);
    BTreeMap::from([(
        format!("{} {name}", status.as_u16()),
        response.build().into(),
    )])
}

/// Declares error responses as types, each with the error that its example shows.
macro_rules! error_responses {
    ($($(#[$doc:meta])* $name:ident => $error:expr;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> $crate::openapi::error_responses::Responses {
                $crate::openapi::error_responses::error_response(stringify!($name), $error)
            }
        }
    )+};
}

pub(crate) use error_responses;

error_responses! {
    /// For what only a user may ask, of an operation that asks for no token otherwise.
    Unauthenticated => Error::Unauthenticated;
    /// For whoever is not of the right kind: another role or another user, or a token for
    /// a program where a session is needed.
    Forbidden => Error::Forbidden { fields: Vec::new() };
    /// For a query parameter that others may send.
    ForbiddenParameter => Error::Forbidden { fields: vec!["deleted"] };
    /// For too many wrong passwords.
    TooManyGuesses => {
        let retry_after = Duration::from_secs(42);
        Error::RateLimited { retry_after }
    };
}

/// For too much at once, and too much from one client.
pub(super) fn of_limits() -> Responses {
    let limit = RateLimit::Requests;
    let retry_after = Duration::from_secs(3);
    let mut errors = error_response(
        "TooManyRequests",
        ApiError::LimitReached { limit, retry_after },
    );
    let overloaded = ApiError::Overloaded(Capacity::Requests);
    errors.extend(error_response("Overloaded", overloaded));
    errors
}

/// More of one product is asked for, by this field, than there is.
pub(crate) fn shortage(field: &str) -> Error {
    let field = field.to_owned();
    let available = Stock::new(1);
    Error::InsufficientStock(vec![StockShortage { field, available }])
}
