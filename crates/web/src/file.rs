//! Files that are part of the program.

use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::etag::EntityTag;
use crate::extract::Conditions;

/// A file, with the tag of its bytes, so that a browser can revalidate its copy.
#[derive(Clone)]
pub(crate) struct File {
    content_type: &'static str,
    bytes: Bytes,
    tag: EntityTag,
}

impl File {
    pub(crate) fn new(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            content_type,
            tag: EntityTag::of_bytes(&bytes),
            bytes,
        }
    }

    /// The file, or 304 where the client has it already.
    pub(crate) fn respond(&self, conditions: &Conditions) -> Response {
        conditions.unless_known(&self.tag, || {
            let content_type = HeaderValue::from_static(self.content_type);
            ([(CONTENT_TYPE, content_type)], self.bytes.clone()).into_response()
        })
    }
}

/// An empty one.
impl Default for File {
    fn default() -> Self {
        Self::new("text/plain", Bytes::new())
    }
}
