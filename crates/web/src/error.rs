//! Every refusal in one shape, and the one place that says which error is which
//! status.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hexpress_app::Error;
use hexpress_domain::validation::{FieldError, ValidationErrors};
use serde::Serialize;
use utoipa::ToSchema;

/// The longest name of a method that is looked at, in characters: what is answered and
/// logged must not grow with the junk that was sent.
pub(crate) const MAX_METHOD_LENGTH: usize = 32;

/// How long a client should wait when something is out of reach for a moment.
const UNAVAILABLE_FOR: Duration = Duration::from_secs(1);

/// Why a request was not answered as wished: what the use case says, or what
/// only HTTP knows.
#[derive(Debug)]
pub(crate) enum ApiError {
    UseCase(Error),
    InvalidJson(String),
    NoRoute {
        method: Method,
        path: String,
    },
    MethodNotAllowed(Method),
    UnknownMethod,
    UnknownCoding,
    BadHost,
    EncodedBody,
    BodyTimeout,
    BodyTooLarge {
        limit: usize,
    },
    UnsupportedMediaType,
    TookTooLong,
    Overloaded(Capacity),
    LimitReached {
        limit: RateLimit,
        retry_after: Duration,
    },
    Panicked(String),
}

/// What all requests together have used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capacity {
    /// Of requests that are handled at once.
    Requests,
    /// Of bytes of bodies, in all or for one client address.
    BodyBytes,
    /// Of awaited bodies, for one client address.
    PendingBodies,
    /// Of bytes of answers, in all or for one client address.
    ResponseBytes,
}

/// Which limit a request has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateLimit {
    Requests,
    SignUps,
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::UseCase(error)
    }
}

impl From<ValidationErrors> for ApiError {
    fn from(errors: ValidationErrors) -> Self {
        Self::UseCase(errors.into())
    }
}

/// What a client is told of an error.
struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Vec<FieldError>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            details: Vec::new(),
        }
    }

    fn with_details(self, details: Vec<FieldError>) -> Self {
        Self { details, ..self }
    }
}

impl ApiError {
    fn problem(&self) -> Problem {
        use StatusCode as S;
        match self {
            Self::UseCase(error) => match error {
                Error::Validation(errors) => {
                    Problem::new(S::BAD_REQUEST, "VALIDATION_ERROR", "Validation failed")
                        .with_details(errors.as_slice().to_vec())
                }
                Error::Unauthenticated => Problem::new(
                    S::UNAUTHORIZED,
                    "UNAUTHENTICATED",
                    "Authentication required",
                ),
                Error::InvalidToken => Problem::new(
                    S::UNAUTHORIZED,
                    "UNAUTHENTICATED",
                    "The token is invalid, expired or revoked; log in again",
                ),
                Error::InvalidCredentials => Problem::new(
                    S::UNAUTHORIZED,
                    "INVALID_CREDENTIALS",
                    "Invalid email or password",
                ),
                Error::Forbidden { fields } => {
                    Problem::new(S::FORBIDDEN, "FORBIDDEN", "You are not allowed to do this")
                        .with_details(
                            fields
                                .iter()
                                .map(|field| FieldError {
                                    field: (*field).to_owned(),
                                    message: "You are not allowed to send this".to_owned(),
                                })
                                .collect(),
                        )
                }
                Error::NotFound(_) => Problem::new(S::NOT_FOUND, "NOT_FOUND", error.to_string()),
                Error::Duplicate(field) => {
                    Problem::new(S::CONFLICT, "DUPLICATE_ERROR", "Resource already exists")
                        .with_details(vec![FieldError {
                            field: field.name.to_owned(),
                            message: field.taken.to_owned(),
                        }])
                }
                Error::MissingReference { fields } => Problem::new(
                    S::BAD_REQUEST,
                    "REFERENCE_ERROR",
                    "Referenced resource not found",
                )
                .with_details(
                    fields
                        .iter()
                        .map(|field| FieldError {
                            field: field.clone(),
                            message: "Must name something that exists".to_owned(),
                        })
                        .collect(),
                ),
                Error::InvalidState(state) => {
                    Problem::new(S::CONFLICT, "INVALID_STATE", state.to_string())
                }
                Error::InsufficientStock(shortages) => {
                    Problem::new(S::CONFLICT, "INSUFFICIENT_STOCK", "Not enough in stock")
                        .with_details(
                            shortages
                                .iter()
                                .map(|shortage| FieldError {
                                    field: shortage.field.clone(),
                                    message: format!("Only {} in stock", shortage.available),
                                })
                                .collect(),
                        )
                }
                Error::IdempotencyKeyReused => Problem::new(
                    S::UNPROCESSABLE_ENTITY,
                    "IDEMPOTENCY_KEY_REUSED",
                    "The idempotency key was used for another request",
                ),
                Error::PreconditionFailed => Problem::new(
                    S::PRECONDITION_FAILED,
                    "PRECONDITION_FAILED",
                    "The resource has changed; read it again and repeat",
                ),
                Error::WeakPrecondition => Problem::new(
                    S::PRECONDITION_FAILED,
                    "PRECONDITION_FAILED",
                    "If-Match needs the strong tag; something on the way has made it weak \
                     (compression of a proxy?)",
                ),
                Error::RateLimited { retry_after } => Problem::new(
                    S::TOO_MANY_REQUESTS,
                    "RATE_LIMITED",
                    format!(
                        "Too many failed attempts; try again in {} seconds",
                        whole_seconds(*retry_after)
                    ),
                ),
                Error::Unavailable(_) => unavailable(),
                Error::Internal(_) => internal(),
            },
            Self::InvalidJson(message) => {
                Problem::new(S::BAD_REQUEST, "INVALID_JSON", message.as_str())
            }
            Self::NoRoute { method, path } => Problem::new(
                S::NOT_FOUND,
                "NOT_FOUND",
                format!("Route {method} {path} not found"),
            ),
            Self::MethodNotAllowed(method) => Problem::new(
                S::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                format!("Method {method} is not allowed here; see the Allow header"),
            ),
            Self::UnknownMethod => Problem::new(
                S::NOT_IMPLEMENTED,
                "NOT_IMPLEMENTED",
                format!("Methods of more than {MAX_METHOD_LENGTH} characters are not known"),
            ),
            Self::UnknownCoding => Problem::new(
                S::NOT_IMPLEMENTED,
                "NOT_IMPLEMENTED",
                "Transfer-Encoding must be chunked",
            ),
            Self::BadHost => {
                let details =
                    ValidationErrors::of("Host", "Must be sent once: a host, and perhaps a port");
                Problem::new(S::BAD_REQUEST, "VALIDATION_ERROR", "Validation failed")
                    .with_details(details.as_slice().to_vec())
            }
            Self::EncodedBody => Problem::new(
                S::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "The request body must not be encoded (Content-Encoding)",
            ),
            Self::BodyTimeout => Problem::new(
                S::REQUEST_TIMEOUT,
                "REQUEST_TIMEOUT",
                "The request body did not arrive in time",
            ),
            Self::BodyTooLarge { limit } => Problem::new(
                S::PAYLOAD_TOO_LARGE,
                "PAYLOAD_TOO_LARGE",
                format!("The request body is larger than {limit} bytes"),
            ),
            Self::UnsupportedMediaType => Problem::new(
                S::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "Content-Type must be application/json or application/x-www-form-urlencoded, in UTF-8",
            ),
            Self::TookTooLong => unavailable(),
            Self::Overloaded(capacity) => {
                let message = match capacity {
                    Capacity::Requests => "Too many requests are being handled; try again",
                    Capacity::BodyBytes => "Too many request bodies are being handled; try again",
                    Capacity::PendingBodies => {
                        "Too many request bodies of your address are on their way; try again"
                    }
                    Capacity::ResponseBytes => {
                        "Too many long answers are on their way; try again. A write may have \
                         taken effect"
                    }
                };
                Problem::new(S::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
            }
            Self::LimitReached { limit, retry_after } => {
                let what = match limit {
                    RateLimit::Requests => "requests",
                    RateLimit::SignUps => "sign-ups or changes of an email address",
                };
                Problem::new(
                    S::TOO_MANY_REQUESTS,
                    "RATE_LIMITED",
                    format!(
                        "Too many {what}; try again in {} seconds",
                        whole_seconds(*retry_after)
                    ),
                )
            }
            Self::Panicked(_) => internal(),
        }
    }

    /// Says once, where the failure leaves the program, what only we may know.
    fn log(&self) {
        match self {
            Self::UseCase(Error::Internal(source)) => {
                tracing::error!(error = chain(source.as_ref()), "request failed");
            }
            Self::Panicked(message) => {
                tracing::error!(error = message.as_str(), "request panicked");
            }
            Self::UseCase(Error::Unavailable(source)) => {
                tracing::warn!(error = chain(source.as_ref()), "unavailable");
            }
            Self::TookTooLong => tracing::warn!(error = "took too long", "unavailable"),
            _ => {}
        }
    }

    /// The limit that was reached, by the name that metrics have for it.
    pub(crate) const fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Overloaded(capacity) => Some(match capacity {
                Capacity::Requests => "concurrent_requests",
                Capacity::BodyBytes => "body_bytes",
                Capacity::PendingBodies => "pending_bodies",
                Capacity::ResponseBytes => "response_bytes",
            }),
            Self::LimitReached { limit, .. } => Some(match limit {
                RateLimit::Requests => "requests",
                RateLimit::SignUps => "sign_ups",
            }),
            Self::UseCase(Error::RateLimited { .. }) => Some("logins"),
            Self::TookTooLong => Some("request_time"),
            Self::BodyTimeout => Some("body_time"),
            Self::BodyTooLarge { .. } => Some("body_size"),
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::UseCase(Error::RateLimited { retry_after })
            | Self::LimitReached { retry_after, .. } => Some(*retry_after),
            Self::UseCase(Error::Unavailable(_)) | Self::TookTooLong | Self::Overloaded(_) => {
                Some(UNAVAILABLE_FOR)
            }
            _ => None,
        }
    }

    /// How a client may prove who it is (RFC 6750, section 3).
    fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::UseCase(Error::InvalidToken) => Some(r#"Bearer error="invalid_token""#),
            Self::UseCase(Error::Unauthenticated | Error::InvalidCredentials) => Some("Bearer"),
            _ => None,
        }
    }

    /// What a client is told, and with which status.
    pub(crate) fn envelope(&self, request_id: &str) -> (StatusCode, Failure) {
        let problem = self.problem();
        let error = FailureBody {
            code: problem.code,
            message: problem.message,
            details: problem.details.into_iter().map(Detail::from).collect(),
            request_id: request_id.to_owned(),
        };
        let success = false;
        (problem.status, Failure { success, error })
    }

    /// Writes the envelope.
    pub(crate) fn render(&self, request_id: &str) -> Response {
        self.log();
        let (status, body) = self.envelope(request_id);
        // Texts and booleans always become JSON.
        let json = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (status, [(CONTENT_TYPE, "application/json")], json).into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge() {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if matches!(self, Self::EncodedBody) {
            // What would be taken (RFC 9110, section 12.5.3).
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if let Some(retry_after) = self.retry_after() {
            headers.insert(RETRY_AFTER, whole_seconds(retry_after).into());
        }
        response
    }
}

fn unavailable() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "UNAVAILABLE",
        "The service is unavailable for the moment; try again. A write may have taken effect",
    )
}

fn internal() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "INTERNAL_ERROR",
        "Internal server error",
    )
}

/// Seconds, rounded up: who waits for so long has waited long enough.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    let begun = u64::from(duration.subsec_nanos() > 0);
    duration.as_secs().saturating_add(begun).max(1)
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// The error travels with the response until the outermost layer, which alone
/// knows the request's id, writes it.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.problem().status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Why a request was refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct Failure {
    success: bool,
    error: FailureBody,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FailureBody {
    /// For programs: never changes.
    code: &'static str,
    /// For people.
    message: String,
    /// All fields, parameters and headers at fault, where single ones are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    details: Vec<Detail>,
    /// The same as the header `X-Request-Id`.
    request_id: String,
}

#[derive(Serialize, ToSchema)]
struct Detail {
    /// Nested fields are written `items[1].quantity`.
    field: String,
    message: String,
}

impl From<FieldError> for Detail {
    fn from(FieldError { field, message }: FieldError) -> Self {
        Self { field, message }
    }
}
