//! What a request that succeeded is answered with.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hexpress_domain::entity::Version;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::etag::EntityTag;
use crate::list::Pagination;
use crate::render_cache::Rendered;

/// The answer to a read.
#[derive(Serialize, ToSchema)]
pub(crate) struct Data<T> {
    success: bool,
    data: T,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T> {
    success: bool,
    data: Vec<T>,
    pagination: Pagination,
}

/// The answer to a write, with the thing that was written.
#[derive(Serialize, ToSchema)]
pub(crate) struct Written<'a, T> {
    success: bool,
    message: &'a str,
    data: T,
}

/// The answer to a write that leaves nothing to show.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done<'a> {
    success: bool,
    message: &'a str,
}

/// Some bytes of JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match bytes(body) {
        Ok(bytes) => with_body(status, bytes),
        Err(error) => error.into_response(),
    }
}

fn bytes(body: &impl Serialize) -> Result<Bytes, ApiError> {
    match serde_json::to_vec(body) {
        Ok(bytes) => Ok(bytes.into()),
        Err(error) => Err(hexpress_app::Error::Internal(error.into()).into()),
    }
}

fn with_body(status: StatusCode, json: Bytes) -> Response {
    let mut response = (status, Body::from(json)).into_response();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// The answer to a read.
pub(crate) fn data(data: impl Serialize) -> Response {
    let success = true;
    json(StatusCode::OK, &Data { success, data })
}

/// A page of a list.
pub(crate) fn page(data: Vec<impl Serialize>, pagination: Pagination) -> Response {
    match render_page(data, pagination) {
        Ok(page) => rendered(page.body),
        Err(error) => error.into_response(),
    }
}

/// The answer to a write that leaves nothing to show.
pub(crate) fn done(message: &str) -> Response {
    let success = true;
    json(StatusCode::OK, &Done { success, message })
}

/// The answer to a write, with the thing that was written.
pub(crate) fn written(message: &str, data: impl Serialize) -> Response {
    written_with(StatusCode::OK, message, data)
}

/// The answer to a write that made something, and where to find it.
pub(crate) fn created(message: &str, data: impl Serialize, location: &str) -> Response {
    at(written_with(StatusCode::CREATED, message, data), location)
}

/// Where a thing is that once was here, for good (RFC 9110, section 15.4.9).
pub(crate) fn moved(location: &str, data: impl Serialize) -> Response {
    let success = true;
    let body = Data { success, data };
    at(json(StatusCode::PERMANENT_REDIRECT, &body), location)
}

fn at(mut response: Response, location: &str) -> Response {
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn written_with(status: StatusCode, message: &str, data: impl Serialize) -> Response {
    let body = Written {
        success: true,
        message,
        data,
    };
    json(status, &body)
}

/// Renders a page of a list.
pub(crate) fn render_page(
    data: Vec<impl Serialize>,
    pagination: Pagination,
) -> Result<Rendered, ApiError> {
    let list = List {
        success: true,
        data,
        pagination,
    };
    let (body, tag) = (bytes(&list)?, None);
    Ok(Rendered { body, tag })
}

/// Renders one thing, with its tag.
pub(crate) fn render(thing: Tagged) -> Result<Rendered, ApiError> {
    let Tagged { tag, data } = thing;
    let success = true;
    let (body, tag) = (bytes(&Data { success, data })?, Some(tag));
    Ok(Rendered { body, tag })
}

/// The answer to a read whose body has been rendered.
pub(crate) fn rendered(body: Bytes) -> Response {
    with_body(StatusCode::OK, body)
}

/// A thing as one caller sees it, and the tag of what that caller sees.
pub(crate) struct Tagged {
    pub(crate) tag: EntityTag,
    pub(crate) data: Box<RawValue>,
}

impl Tagged {
    /// A tag of the version and all that is shown.
    pub(crate) fn new(version: Version, data: &impl Serialize) -> Result<Self, ApiError> {
        let data = raw(data)?;
        let tag = EntityTag::new(version, data.get().as_bytes());
        Ok(Self { tag, data })
    }

    /// A tag of the version and of `beside`: what is shown and not covered by the
    /// version.
    pub(crate) fn beside(
        version: Version,
        beside: &impl Serialize,
        data: &impl Serialize,
    ) -> Result<Self, ApiError> {
        let tag = EntityTag::new(version, raw(beside)?.get().as_bytes());
        Ok(Self {
            tag,
            data: raw(data)?,
        })
    }

    /// The answer to a write of this thing.
    pub(crate) fn written(&self, message: &str) -> Response {
        self.on(written(message, &self.data))
    }

    /// The answer to a write that made this thing, and where to find it.
    pub(crate) fn created(&self, message: &str, location: &str) -> Response {
        self.on(created(message, &self.data, location))
    }

    /// Puts the tag on an answer.
    fn on(&self, mut response: Response) -> Response {
        response.headers_mut().insert(ETAG, self.tag.header());
        response
    }
}

fn raw(data: &impl Serialize) -> Result<Box<RawValue>, ApiError> {
    to_raw_value(data).map_err(|error| hexpress_app::Error::Internal(error.into()).into())
}
