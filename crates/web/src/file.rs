//! Files that are part of the program.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use tokio::sync::OnceCell;

use crate::compression::{self, CODINGS};
use crate::etag::EntityTag;
use crate::extract::Conditions;
use crate::limits::Constant;

/// A file, with the tag of its bytes, so that a browser can revalidate its copy. Clones share
/// it, and it is compressed once.
#[derive(Clone)]
pub(crate) struct File(Arc<Inner>);

struct Inner {
    content_type: &'static str,
    bytes: Bytes,
    tag: EntityTag,
    /// In each of [`CODINGS`], from the first time that one is asked for.
    coded: [OnceCell<Option<Bytes>>; CODINGS.len()],
}

impl File {
    pub(crate) fn new(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self(Arc::new(Inner {
            content_type,
            tag: EntityTag::of_bytes(&bytes),
            bytes,
            coded: Default::default(),
        }))
    }

    /// The file, or 304 where the client has it already.
    pub(crate) async fn respond(&self, conditions: &Conditions, headers: &HeaderMap) -> Response {
        let coded = match compression::preferred(headers) {
            None => None,
            Some(place) => self.coded(place).await,
        };
        conditions.unless_known(&self.0.tag, || {
            let (bytes, coding) = coded.unwrap_or((&self.0.bytes, ""));
            let mut response = bytes.clone().into_response();
            response.extensions_mut().insert(Constant);
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.0.content_type));
            if !coding.is_empty() {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
            response
        })
    }

    /// The bytes in one of [`CODINGS`], with its name, where that is shorter.
    async fn coded(&self, place: usize) -> Option<(&Bytes, &'static str)> {
        let (cell, coding) = (self.0.coded.get(place)?, *CODINGS.get(place)?);
        let compress = || compression::compressed(&self.0.bytes, self.0.content_type, coding);
        let bytes = cell.get_or_init(compress).await.as_ref()?;
        Some((bytes, coding))
    }
}

/// An empty one.
impl Default for File {
    fn default() -> Self {
        Self::new("text/plain", Bytes::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn is_compressed_once() {
        let file = File::new("text/css", "a".repeat(10_000));
        for place in 0..CODINGS.len() {
            let first = file.coded(place).await.unwrap().0.as_ptr();
            let other = file.clone();
            assert_eq!(other.coded(place).await.unwrap().0.as_ptr(), first);
        }
    }

    #[tokio::test]
    async fn what_gets_no_smaller_is_left_as_it_is() {
        for file in [
            File::new("text/css", "a".repeat(1000)),
            File::new("image/png", "a".repeat(10_000)),
        ] {
            assert!(file.coded(0).await.is_none());
        }
    }
}
