//! The errors that an operation may be answered with: each a type that stands among the responses
//! of its `#[utoipa::path]`. The example is made by what answers in service, so
//! that status, code and text are those that clients see.
//!
//! What every operation of a kind may be refused for (a bad token, an unreadable
//! body) is added by [`complete`](super::complete) and needs no naming.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::Method;
use hexpress_app::{Error, InvalidState, Resource, StockShortage};
use hexpress_domain::order::{OrderStatus, OrderTransitionError};
use hexpress_domain::post::{PostStatus, TransitionError};
use hexpress_domain::product::Stock;
use hexpress_domain::repository::UniqueField;
use serde_json::json;
use utoipa::IntoResponses;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

use crate::error::{ApiError, RateLimit};

/// The longest body of a request about posts, where it is not configured otherwise.
const POST_BODY_LIMIT: usize = 10 * 1024 * 1024;

/// The id that requests have in examples.
const REQUEST_ID: &str = "0192d3a4-5b6c-7d8e-9f01-23456789abcd";

pub(super) type Responses = BTreeMap<String, RefOr<Response>>;

/// Refusals of one status are one response with an example for each. Until they
/// are put together each needs a key of its own: the status, a blank, its name.
pub(super) fn error_response(name: &str, error: impl Into<ApiError>) -> Responses {
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

/// For what only a user may ask, of an operation that asks for no token otherwise.
pub(crate) struct Unauthenticated;

impl IntoResponses for Unauthenticated {
    fn responses() -> Responses {
        error_response("Unauthenticated", Error::Unauthenticated)
    }
}

pub(crate) struct InvalidCredentials;

impl IntoResponses for InvalidCredentials {
    fn responses() -> Responses {
        error_response("InvalidCredentials", Error::InvalidCredentials)
    }
}

/// For whoever is not of the right kind: another role or another user, or a token for
/// a program where a session is needed.
pub(crate) struct Forbidden;

impl IntoResponses for Forbidden {
    fn responses() -> Responses {
        let fields = Vec::new();
        error_response("Forbidden", Error::Forbidden { fields })
    }
}

/// For too much at once, and too much from one client.
pub(super) fn of_limits() -> Responses {
    let limit = RateLimit::Requests;
    let retry_after = Duration::from_secs(3);
    let mut errors = error_response(
        "TooManyRequests",
        ApiError::LimitReached { limit, retry_after },
    );
    errors.extend(error_response("Overloaded", ApiError::Overloaded));
    errors
}

pub(crate) struct TooManySignUps;

impl IntoResponses for TooManySignUps {
    fn responses() -> Responses {
        let limit = RateLimit::SignUps;
        let retry_after = Duration::from_secs(180);
        error_response(
            "TooManySignUps",
            ApiError::LimitReached { limit, retry_after },
        )
    }
}

/// For a field that others may send.
pub(crate) struct ForbiddenField;

impl IntoResponses for ForbiddenField {
    fn responses() -> Responses {
        let fields = vec!["role"];
        error_response("ForbiddenField", Error::Forbidden { fields })
    }
}

/// For a query parameter that others may send.
pub(crate) struct ForbiddenParameter;

impl IntoResponses for ForbiddenParameter {
    fn responses() -> Responses {
        let fields = vec!["deleted"];
        error_response("ForbiddenParameter", Error::Forbidden { fields })
    }
}

pub(crate) struct FileNotFound;

impl IntoResponses for FileNotFound {
    fn responses() -> Responses {
        let method = Method::GET;
        let path = "/docs/nope".to_owned();
        error_response("FileNotFound", ApiError::NoRoute { method, path })
    }
}

pub(crate) struct UserNotFound;

impl IntoResponses for UserNotFound {
    fn responses() -> Responses {
        error_response("UserNotFound", Error::NotFound(Resource::User))
    }
}

pub(crate) struct TokenNotFound;

impl IntoResponses for TokenNotFound {
    fn responses() -> Responses {
        error_response("TokenNotFound", Error::NotFound(Resource::Token))
    }
}

pub(crate) struct EmailTaken;

impl IntoResponses for EmailTaken {
    fn responses() -> Responses {
        error_response("EmailTaken", Error::Duplicate(UniqueField::UserEmail))
    }
}

pub(crate) struct LastAdmin;

impl IntoResponses for LastAdmin {
    fn responses() -> Responses {
        error_response("LastAdmin", Error::InvalidState(InvalidState::LastAdmin))
    }
}

pub(crate) struct TokenLimit;

impl IntoResponses for TokenLimit {
    fn responses() -> Responses {
        error_response("TokenLimit", Error::InvalidState(InvalidState::TokenLimit))
    }
}

pub(crate) struct UserDeleted;

impl IntoResponses for UserDeleted {
    fn responses() -> Responses {
        let state = InvalidState::Deleted(Resource::User);
        error_response("UserDeleted", Error::InvalidState(state))
    }
}

pub(crate) struct UserNotDeleted;

impl IntoResponses for UserNotDeleted {
    fn responses() -> Responses {
        let state = InvalidState::NotDeleted(Resource::User);
        error_response("UserNotDeleted", Error::InvalidState(state))
    }
}

/// For too many wrong passwords.
pub(crate) struct TooManyGuesses;

impl IntoResponses for TooManyGuesses {
    fn responses() -> Responses {
        let retry_after = Duration::from_secs(42);
        error_response("TooManyGuesses", Error::RateLimited { retry_after })
    }
}

/// For a field of a post that its author may send.
pub(crate) struct ForbiddenPostField;

impl IntoResponses for ForbiddenPostField {
    fn responses() -> Responses {
        let fields = vec!["title"];
        error_response("ForbiddenPostField", Error::Forbidden { fields })
    }
}

pub(crate) struct PostNotFound;

impl IntoResponses for PostNotFound {
    fn responses() -> Responses {
        error_response("PostNotFound", Error::NotFound(Resource::Post))
    }
}

/// For a body beyond the limit of posts, which is a setting.
pub(crate) struct PostTooLarge;

impl IntoResponses for PostTooLarge {
    fn responses() -> Responses {
        let limit = POST_BODY_LIMIT;
        error_response("PostTooLarge", ApiError::BodyTooLarge { limit })
    }
}

pub(crate) struct SlugTaken;

impl IntoResponses for SlugTaken {
    fn responses() -> Responses {
        error_response("SlugTaken", Error::Duplicate(UniqueField::PostSlug))
    }
}

/// For a status that a post cannot get from its own.
pub(crate) struct Transition;

impl IntoResponses for Transition {
    fn responses() -> Responses {
        let from = PostStatus::Draft;
        let to = PostStatus::Archived;
        let state = InvalidState::Transition(TransitionError { from, to });
        error_response("Transition", Error::InvalidState(state))
    }
}

pub(crate) struct NoDraft;

impl IntoResponses for NoDraft {
    fn responses() -> Responses {
        let state = InvalidState::NoDraft(PostStatus::Published);
        error_response("NoDraft", Error::InvalidState(state))
    }
}

pub(crate) struct PostDeleted;

impl IntoResponses for PostDeleted {
    fn responses() -> Responses {
        let state = InvalidState::Deleted(Resource::Post);
        error_response("PostDeleted", Error::InvalidState(state))
    }
}

pub(crate) struct PostNotDeleted;

impl IntoResponses for PostNotDeleted {
    fn responses() -> Responses {
        let state = InvalidState::NotDeleted(Resource::Post);
        error_response("PostNotDeleted", Error::InvalidState(state))
    }
}

pub(crate) struct AuthorDeleted;

impl IntoResponses for AuthorDeleted {
    fn responses() -> Responses {
        let state = InvalidState::AuthorDeleted;
        error_response("AuthorDeleted", Error::InvalidState(state))
    }
}

/// For the filter of products that only admins may use.
pub(crate) struct ForbiddenProductFilter;

impl IntoResponses for ForbiddenProductFilter {
    fn responses() -> Responses {
        let fields = vec!["isActive"];
        error_response("ForbiddenProductFilter", Error::Forbidden { fields })
    }
}

pub(crate) struct ProductNotFound;

impl IntoResponses for ProductNotFound {
    fn responses() -> Responses {
        error_response("ProductNotFound", Error::NotFound(Resource::Product))
    }
}

/// For more pieces that go than there are.
pub(crate) struct NegativeStock;

impl IntoResponses for NegativeStock {
    fn responses() -> Responses {
        error_response("NegativeStock", shortage("stockDelta"))
    }
}

/// For the filter of orders that only admins may use.
pub(crate) struct ForbiddenOrderFilter;

impl IntoResponses for ForbiddenOrderFilter {
    fn responses() -> Responses {
        let fields = vec!["userId"];
        error_response("ForbiddenOrderFilter", Error::Forbidden { fields })
    }
}

pub(crate) struct OrderNotFound;

impl IntoResponses for OrderNotFound {
    fn responses() -> Responses {
        error_response("OrderNotFound", Error::NotFound(Resource::Order))
    }
}

/// For a product that is unknown, deleted or not for sale.
pub(crate) struct NotForSale;

impl IntoResponses for NotForSale {
    fn responses() -> Responses {
        let fields = vec!["items[0].productId".to_owned()];
        error_response("NotForSale", Error::MissingReference { fields })
    }
}

/// For an order of more pieces than there are.
pub(crate) struct InsufficientStock;

impl IntoResponses for InsufficientStock {
    fn responses() -> Responses {
        error_response("InsufficientStock", shortage("items[0].quantity"))
    }
}

pub(crate) struct IdempotencyKeyReused;

impl IntoResponses for IdempotencyKeyReused {
    fn responses() -> Responses {
        error_response("IdempotencyKeyReused", Error::IdempotencyKeyReused)
    }
}

/// For a step that an order does not take from its status.
pub(crate) struct OrderTransition;

impl IntoResponses for OrderTransition {
    fn responses() -> Responses {
        let from = OrderStatus::Cancelled;
        let to = OrderStatus::Paid;
        let state = InvalidState::OrderTransition(OrderTransitionError { from, to });
        error_response("OrderTransition", Error::InvalidState(state))
    }
}

/// For a user who cancels what is paid for.
pub(crate) struct OrderPaid;

impl IntoResponses for OrderPaid {
    fn responses() -> Responses {
        error_response("OrderPaid", Error::InvalidState(InvalidState::OrderPaid))
    }
}

fn shortage(field: &str) -> Error {
    let field = field.to_owned();
    let available = Stock::new(1);
    Error::InsufficientStock(vec![StockShortage { field, available }])
}
