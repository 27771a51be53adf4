//! What a request that succeeded is answered with.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hexpress_domain::entity::Version;
use hexpress_domain::post::Slug;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::error::ApiError;
use crate::etag::EntityTag;
use crate::list::Pagination;

#[derive(Serialize)]
struct Success<'a, T> {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<Pagination>,
}

/// Some bytes of JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            let mut response = (status, Body::from(bytes)).into_response();
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            response
        }
        Err(error) => {
            ApiError::UseCase(hexpress_app::Error::Internal(error.into())).into_response()
        }
    }
}

fn success<T: Serialize>(
    status: StatusCode,
    message: Option<&str>,
    data: Option<T>,
    pagination: Option<Pagination>,
) -> Response {
    let body = Success {
        success: true,
        message,
        data,
        pagination,
    };
    json(status, &body)
}

/// The answer to a read.
pub(crate) fn data(data: impl Serialize) -> Response {
    success(StatusCode::OK, None, Some(data), None)
}

/// A page of a list.
pub(crate) fn page(items: Vec<impl Serialize>, pagination: Pagination) -> Response {
    success(StatusCode::OK, None, Some(items), Some(pagination))
}

/// The answer to a write that leaves nothing to show.
pub(crate) fn done(message: &str) -> Response {
    success::<()>(StatusCode::OK, Some(message), None, None)
}

/// The answer to a write, with the thing that was written.
pub(crate) fn written(message: &str, data: impl Serialize) -> Response {
    success(StatusCode::OK, Some(message), Some(data), None)
}

/// The answer to a write that made something, and where to find it.
pub(crate) fn created(message: &str, data: impl Serialize, location: &str) -> Response {
    at(
        success(StatusCode::CREATED, Some(message), Some(data), None),
        location,
    )
}

/// Where a thing is that once had this slug, for good (RFC 9110, section 15.4.9).
pub(crate) fn moved(location: &str, slug: &Slug) -> Response {
    #[derive(Serialize)]
    struct Moved<'a> {
        slug: &'a Slug,
    }
    let data = Some(Moved { slug });
    at(
        success(StatusCode::PERMANENT_REDIRECT, None, data, None),
        location,
    )
}

fn at(mut response: Response, location: &str) -> Response {
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// A thing as one caller sees it, and the tag of just that sight.
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

    /// A tag of the version and what is shown `beside` what the version stands for.
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

    /// Puts the tag on an answer.
    pub(crate) fn on(&self, mut response: Response) -> Response {
        response.headers_mut().insert(ETAG, self.tag.header());
        response
    }
}

fn raw(data: &impl Serialize) -> Result<Box<RawValue>, ApiError> {
    to_raw_value(data).map_err(|error| hexpress_app::Error::Internal(error.into()).into())
}
