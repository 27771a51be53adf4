//! What follows from what an operation takes, so that none needs to say it: the
//! errors of its kind, the headers of its answers, that it is public.

use std::collections::BTreeMap;
use std::mem;

use axum::http::Method;
use hexpress_app::Error;
use hexpress_domain::id::IdError;
use hexpress_domain::list::PageSizeError;
use hexpress_domain::validation::ValidationErrors;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::OneOfBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Components, Content, OpenApi, Ref, RefOr};

use super::error_responses::{Responses, error_response, of_limits};
use super::headers;
use super::parameters::{IfMatch, IfNoneMatch};
use crate::error::ApiError;
use crate::limits::BODY_LIMIT;

const JSON: &str = "application/json";

/// Describes the refusals by limits, on operations that are limited.
pub(crate) fn describe_limits(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            operation.responses.responses.extend(of_limits());
        }
    }
}

/// The operations of a path, each with its method.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let operations = [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ];
    operations
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Completes every operation.
pub(super) fn complete(document: &mut OpenApi) {
    let mut components = document.components.take().unwrap_or_default();
    for (name, header) in headers::all() {
        components.headers.insert(name.to_owned(), header.into());
    }
    for item in document.paths.paths.values_mut() {
        for (method, operation) in operations(item) {
            complete_operation(operation, &method, &mut components);
        }
    }
    document.components = Some(components);
}

fn complete_operation(operation: &mut Operation, method: &Method, components: &mut Components) {
    let reads_body = *method != Method::GET;
    let mut errors = common_error_responses(operation, reads_body);
    let responses = &operation.responses.responses;
    let is_limited = of_limits().keys().all(|key| responses.contains_key(key));
    let mut responses = Responses::new();
    for (key, response) in mem::take(&mut operation.responses.responses) {
        let is_error = key.contains(' ');
        let into = if is_error {
            &mut errors
        } else {
            &mut responses
        };
        into.insert(key, response);
    }
    if !reads_body && has_header(operation, IfNoneMatch::NAME) {
        let mut unchanged = Response::new("The client has the present answer already");
        unchanged
            .headers
            .insert("ETag".to_owned(), headers::reference("ETag"));
        responses.insert("304".to_owned(), unchanged.into());
    }
    for (status, response) in &mut responses {
        if let RefOr::T(response) = response {
            let has_location = ["201", "308"].contains(&status.as_str());
            headers::add(response, has_location.then_some("Location"), is_limited);
        }
    }
    for (status, (names, error)) in by_status(errors, is_limited) {
        match responses.get_mut(&status) {
            // What watches the service is told in another shape why it is not ready.
            Some(RefOr::T(response)) => add_shape(response, error),
            _ if !is_limited => {
                responses.insert(status, error.into());
            }
            _ => {
                let name = names.join("Or");
                let reference = Ref::from_response_name(&name);
                components.responses.insert(name, error.into());
                responses.insert(status, reference.into());
            }
        }
    }
    operation.responses.responses = responses;
    // No requirement is said, too: whatever is missing counts as forgotten.
    operation.security.get_or_insert_default();
}

/// The errors of every operation of this kind.
fn common_error_responses(operation: &Operation, reads_body: bool) -> Responses {
    let mut errors = vec![
        error_response("InternalError", ApiError::Panicked(String::new())),
        error_response("Unavailable", ApiError::TookTooLong),
        error_response("UnknownParameter", unknown("colour")),
    ];
    if let Some(security) = &operation.security {
        errors.push(error_response("InvalidToken", Error::InvalidToken));
        if !security.contains(&SecurityRequirement::default()) {
            errors.push(error_response("Unauthenticated", Error::Unauthenticated));
        }
    }
    if has(operation, &ParameterIn::Path, "id") {
        let fault = ValidationErrors::of("id", IdError);
        errors.push(error_response("InvalidId", fault));
    }
    if has(operation, &ParameterIn::Query, "limit") {
        let fault = ValidationErrors::of("limit", PageSizeError);
        errors.push(error_response("InvalidLimit", fault));
    }
    if has_header(operation, IfMatch::NAME) {
        errors.push(error_response(
            "PreconditionFailed",
            Error::PreconditionFailed,
        ));
    }
    if reads_body {
        errors.push(error_response("UnknownCoding", ApiError::UnknownCoding));
        let message = "The request body is not valid JSON: expected value at line 1 column 1";
        errors.push(error_response(
            "InvalidJson",
            ApiError::InvalidJson(message.to_owned()),
        ));
        errors.push(error_response("UnknownField", unknown("colour")));
        errors.push(error_response("RequestTimeout", ApiError::BodyTimeout));
        let mut own = operation.responses.responses.keys();
        if !own.any(|key| key.starts_with("413 ")) {
            let limit = BODY_LIMIT;
            errors.push(error_response(
                "PayloadTooLarge",
                ApiError::BodyTooLarge { limit },
            ));
        }
        errors.push(error_response(
            "UnsupportedMediaType",
            ApiError::UnsupportedMediaType,
        ));
    }
    errors.into_iter().flatten().collect()
}

fn unknown(name: &str) -> ValidationErrors {
    ValidationErrors::of(name, crate::extract::UNKNOWN)
}

fn has_header(operation: &Operation, name: &str) -> bool {
    has(operation, &ParameterIn::Header, name)
}

fn has(operation: &Operation, place: &ParameterIn, name: &str) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|parameter| {
        matches!(parameter, RefOr::T(parameter)
            if parameter.parameter_in == *place && parameter.name == name)
    })
}

/// Puts errors of one status together, and names those that are in each.
fn by_status(errors: Responses, is_limited: bool) -> BTreeMap<String, (Vec<String>, Response)> {
    let mut statuses = BTreeMap::new();
    for (key, error) in errors {
        let (Some((status, name)), RefOr::T(error)) = (key.split_once(' '), error) else {
            continue;
        };
        let (names, together) = statuses
            .entry(status.to_owned())
            .or_insert_with(|| (Vec::new(), Response::default()));
        names.push(name.to_owned());
        merge(together, error);
    }
    for (status, (_, error)) in &mut statuses {
        error.description = codes(error).join(" or ");
        let header = match status.as_str() {
            "401" => Some("WWW-Authenticate"),
            "429" | "503" => Some("Retry-After"),
            _ => None,
        };
        headers::add(error, header, is_limited);
    }
    statuses
}

fn merge(into: &mut Response, other: Response) {
    for (media_type, content) in other.content {
        match (into.content.get_mut(&media_type), content) {
            (Some(RefOr::T(into)), RefOr::T(content)) => into.examples.extend(content.examples),
            (_, content) => {
                into.content.insert(media_type, content);
            }
        }
    }
}

/// The codes of the examples, each once.
fn codes(error: &Response) -> Vec<String> {
    let mut codes = Vec::new();
    for content in error.content.values() {
        let RefOr::T(content) = content else { continue };
        for example in content.examples.values() {
            let RefOr::T(example) = example else { continue };
            let code = format!("`{}`", example.summary);
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
    }
    codes
}

/// Lets an answer have the shape of an error, too.
fn add_shape(response: &mut Response, error: Response) {
    let schema = |response: &Response| match response.content.get(JSON) {
        Some(RefOr::T(Content { schema, .. })) => schema.clone(),
        _ => None,
    };
    let both = [schema(response), schema(&error)];
    let both = both.into_iter().flatten();
    let schema = both.fold(OneOfBuilder::new(), |one_of, schema| one_of.item(schema));
    if let Some(RefOr::T(content)) = response.content.get_mut(JSON) {
        content.schema = Some(schema.into());
    }
}
