use std::fmt;
use std::time::Duration;

use hexpress_domain::repository::Source;
use hexpress_domain::validation::FieldError;
use serde::Deserialize;

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The API has refused it.
    #[error(transparent)]
    Api(#[from] Box<ApiError>),
    /// The call could not be sent, or no answer came, or not all of it. A write may
    /// have taken effect.
    #[error("no answer came")]
    NoAnswer(#[source] Source),
    /// What answered is not the API, such as a proxy before it, or a server of another version:
    /// the answer has not the API's envelope, is a redirect that is not followed, or is too long.
    /// Only reads follow redirects, and only within the same origin. A write may have taken effect.
    #[error("the answer, of status {status}, is not one of the API")]
    Unexpected {
        /// The answer's status.
        status: u16,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
        /// What was wrong with it.
        #[source]
        source: Source,
    },
}

/// What the API says when it refuses something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code})")]
#[non_exhaustive]
pub struct ApiError {
    /// The status.
    pub status: u16,
    /// What programs go by.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
    /// The fields at fault, all of them, where single fields are.
    pub details: Vec<FieldError>,
    /// The request's name in the server's log.
    pub request_id: Option<String>,
    /// How long to wait before the next attempt, where there is sense in one.
    pub retry_after: Option<Duration>,
}

/// The API's codes for errors.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ErrorCode {
    /// A field, query parameter, header or id breaks a rule.
    ValidationError,
    /// The body cannot be parsed.
    InvalidJson,
    /// A body names something that does not exist.
    ReferenceError,
    /// No token where one is needed, or one that is unknown, expired or revoked.
    Unauthenticated,
    /// A login with a wrong email or password, or of somebody who may not log in.
    InvalidCredentials,
    /// The caller is known, but may not do this.
    Forbidden,
    /// No such thing that the caller may see.
    NotFound,
    /// The path takes no such method.
    MethodNotAllowed,
    /// The body did not arrive in time.
    RequestTimeout,
    /// A unique value is taken.
    DuplicateError,
    /// The thing is not in a state that allows this.
    InvalidState,
    /// More is asked for than there is.
    InsufficientStock,
    /// The thing has changed since the tag was given.
    PreconditionFailed,
    /// The body is too large.
    PayloadTooLarge,
    /// The body is of a type that the API does not read.
    UnsupportedMediaType,
    /// The idempotency key was used for another order.
    IdempotencyKeyReused,
    /// Too many requests, or failed logins.
    RateLimited,
    /// A fault of the server.
    InternalError,
    /// The request used a part of HTTP that the server does not have.
    NotImplemented,
    /// The server cannot answer now. A write may have taken effect.
    Unavailable,
    /// One that this version of the client does not know.
    #[serde(untagged)]
    Other(String),
}

impl Error {
    /// The API's code, if the API has refused the call.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.api().map(|error| &error.code)
    }

    /// What the API said, if the API has refused the call.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            Self::NoAnswer(_) | Self::Unexpected { .. } => None,
        }
    }
}

impl ErrorCode {
    /// The code, as the API spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::ValidationError => "VALIDATION_ERROR",
            Self::InvalidJson => "INVALID_JSON",
            Self::ReferenceError => "REFERENCE_ERROR",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::DuplicateError => "DUPLICATE_ERROR",
            Self::InvalidState => "INVALID_STATE",
            Self::InsufficientStock => "INSUFFICIENT_STOCK",
            Self::PreconditionFailed => "PRECONDITION_FAILED",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::RateLimited => "RATE_LIMITED",
            Self::InternalError => "INTERNAL_ERROR",
            Self::NotImplemented => "NOT_IMPLEMENTED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Other(code) => code,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The body of a refusal.
#[derive(Deserialize)]
pub(crate) struct Refusal {
    pub(crate) error: RefusalBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefusalBody {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) details: Vec<Detail>,
    pub(crate) request_id: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Detail {
    field: String,
    message: String,
}

impl From<Detail> for FieldError {
    fn from(detail: Detail) -> Self {
        Self {
            field: detail.field,
            message: detail.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;

    /// All values of `code` in the examples and schemas of the document.
    fn codes(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if name == "code" {
                        strings(value, found);
                    }
                    codes(value, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| codes(item, found)),
            _ => {}
        }
    }

    fn strings(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text)
                if text
                    .chars()
                    .all(|letter| letter.is_ascii_uppercase() || letter == '_') =>
            {
                found.insert(text.clone());
            }
            Value::Object(fields) => fields.values().for_each(|value| strings(value, found)),
            Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_code_of_the_document_is_known() {
        let document = serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap();
        let mut found = BTreeSet::new();
        codes(&document, &mut found);
        assert!(found.len() > 15, "{found:?}");
        for text in found {
            let code: ErrorCode = serde_json::from_value(json!(text)).unwrap();
            assert!(!matches!(code, ErrorCode::Other(_)), "{code} is not known");
            assert_eq!(code.as_str(), text);
        }
    }

    #[test]
    fn a_code_of_tomorrow_is_kept() {
        let code: ErrorCode = serde_json::from_value(json!("PAYMENT_REQUIRED")).unwrap();
        assert_eq!(code, ErrorCode::Other("PAYMENT_REQUIRED".to_owned()));
    }
}
