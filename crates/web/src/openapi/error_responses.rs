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
use hexpress_domain::post::{Post, PostStatus, TransitionError};
use hexpress_domain::product::Stock;
use hexpress_domain::user::User;
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

/// Declares error responses as types, each with the error that its example shows.
macro_rules! error_responses {
    ($($(#[$doc:meta])* $name:ident => $error:expr;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> Responses {
                error_response(stringify!($name), $error)
            }
        }
    )+};
}

error_responses! {
    /// For what only a user may ask, of an operation that asks for no token otherwise.
    Unauthenticated => Error::Unauthenticated;
    InvalidCredentials => Error::InvalidCredentials;
    /// For whoever is not of the right kind: another role or another user, or a token for
    /// a program where a session is needed.
    Forbidden => Error::Forbidden { fields: Vec::new() };
    TooManySignUps => {
        let limit = RateLimit::SignUps;
        let retry_after = Duration::from_secs(180);
        ApiError::LimitReached { limit, retry_after }
    };
    /// For a field that others may send.
    ForbiddenField => Error::Forbidden { fields: vec!["role"] };
    /// For a query parameter that others may send.
    ForbiddenParameter => Error::Forbidden { fields: vec!["deleted"] };
    FileNotFound => {
        let method = Method::GET;
        let path = "/docs/nope".to_owned();
        ApiError::NoRoute { method, path }
    };
    UserNotFound => Error::NotFound(Resource::User);
    TokenNotFound => Error::NotFound(Resource::Token);
    EmailTaken => Error::Duplicate(User::UNIQUE_EMAIL);
    LastAdmin => Error::InvalidState(InvalidState::LastAdmin);
    TokenLimit => Error::InvalidState(InvalidState::TokenLimit);
    UserDeleted => Error::InvalidState(InvalidState::Deleted(Resource::User));
    UserNotDeleted => Error::InvalidState(InvalidState::NotDeleted(Resource::User));
    /// For too many wrong passwords.
    TooManyGuesses => {
        let retry_after = Duration::from_secs(42);
        Error::RateLimited { retry_after }
    };
    /// For a field of a post that its author may send.
    ForbiddenPostField => Error::Forbidden { fields: vec!["title"] };
    PostNotFound => Error::NotFound(Resource::Post);
    /// For a body beyond the limit of posts, which is a setting.
    PostTooLarge => {
        let limit = POST_BODY_LIMIT;
        ApiError::BodyTooLarge { limit }
    };
    SlugTaken => Error::Duplicate(Post::UNIQUE_SLUG);
    /// For a status that a post cannot get from its own.
    Transition => {
        let from = PostStatus::Draft;
        let to = PostStatus::Archived;
        let state = InvalidState::Transition(TransitionError { from, to });
        Error::InvalidState(state)
    };
    NoDraft => Error::InvalidState(InvalidState::NoDraft(PostStatus::Published));
    PostDeleted => Error::InvalidState(InvalidState::Deleted(Resource::Post));
    PostNotDeleted => Error::InvalidState(InvalidState::NotDeleted(Resource::Post));
    AuthorDeleted => Error::InvalidState(InvalidState::AuthorDeleted);
    /// For the filter of products that only admins may use.
    ForbiddenProductFilter => Error::Forbidden { fields: vec!["isActive"] };
    ProductNotFound => Error::NotFound(Resource::Product);
    /// For more pieces that go than there are.
    NegativeStock => shortage("stockDelta");
    /// For the filter of orders that only admins may use.
    ForbiddenOrderFilter => Error::Forbidden { fields: vec!["userId"] };
    OrderNotFound => Error::NotFound(Resource::Order);
    /// For a product that is unknown, deleted or not for sale.
    NotForSale => Error::MissingReference { fields: vec!["items[0].productId".to_owned()] };
    /// For an order of more pieces than there are.
    InsufficientStock => shortage("items[0].quantity");
    IdempotencyKeyReused => Error::IdempotencyKeyReused;
    /// For a step that an order does not take from its status.
    OrderTransition => {
        let from = OrderStatus::Cancelled;
        let to = OrderStatus::Paid;
        let state = InvalidState::OrderTransition(OrderTransitionError { from, to });
        Error::InvalidState(state)
    };
    /// For a user who cancels what is paid for.
    OrderPaid => Error::InvalidState(InvalidState::OrderPaid);
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

fn shortage(field: &str) -> Error {
    let field = field.to_owned();
    let available = Stock::new(1);
    Error::InsufficientStock(vec![StockShortage { field, available }])
}
