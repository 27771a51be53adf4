use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use hexpress_app::{Error, Freshness, Preconditions};
use hexpress_domain::validation::ValidationErrors;

use crate::error::ApiError;
use crate::etag::{EntityTag, Tags};
use crate::render_cache::Rendered;
use crate::respond;

/// The conditions under which a client wants an answer or a change
/// (RFC 9110, section 13.1).
pub(crate) struct Conditions {
    if_match: Option<Vec<u8>>,
    if_none_match: Option<Vec<u8>>,
}

impl Conditions {
    /// Those of a request with these headers.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self {
            if_match: joined(headers, &IF_MATCH),
            if_none_match: joined(headers, &IF_NONE_MATCH),
        }
    }

    /// The versions at which the client wants the thing changed.
    pub(super) fn preconditions(&self) -> Result<Option<Preconditions>, ApiError> {
        let unwanted = self.if_none_match.as_deref().and_then(Tags::parse);
        let conditions = Preconditions {
            if_match: self.wanted()?.as_ref().map(Tags::versions),
            if_none_match: unwanted.as_ref().map(Tags::versions),
        };
        Ok(Some(conditions).filter(|conditions| *conditions != Preconditions::default()))
    }

    /// How fresh the thing must be that a client reads: `If-Match` is compared with the
    /// database.
    pub(crate) const fn freshness(&self) -> Freshness {
        match self.if_match {
            Some(_) => Freshness::Present,
            None => Freshness::Recent,
        }
    }

    fn wanted(&self) -> Result<Option<Tags>, ApiError> {
        let Some(value) = &self.if_match else {
            return Ok(None);
        };
        let tags = Tags::parse(value).ok_or_else(|| {
            ValidationErrors::of("If-Match", "Must be * or a list of entity tags")
        })?;
        Ok(Some(tags))
    }

    /// The answer, or 304 where the client has it already.
    pub(crate) fn respond(&self, rendered: Rendered) -> Response {
        let Rendered { tag, body } = rendered;
        let respond = || respond::rendered(body);
        match tag {
            Some(tag) => self.unless_known(&tag, respond),
            None => respond(),
        }
    }

    /// An answer with this tag, 304 where the client has it already, or 412 where it wants
    /// another. An `If-None-Match` that cannot be read is ignored.
    pub(crate) fn unless_known(
        &self,
        tag: &EntityTag,
        respond: impl FnOnce() -> Response,
    ) -> Response {
        if let Err(error) = self.require(tag) {
            return error.into_response();
        }
        let tags = self.if_none_match.as_deref().and_then(Tags::parse);
        let mut response = if tags.is_some_and(|tags| tags.name(tag)) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            respond()
        };
        response.headers_mut().insert(ETAG, tag.header());
        response
    }

    /// Compares what is read with what the client wants to read: things by their versions.
    fn require(&self, tag: &EntityTag) -> Result<(), ApiError> {
        let Some(tags) = self.wanted()? else {
            return Ok(());
        };
        match tag.version() {
            None if tags.name_strongly(tag) => Ok(()),
            None => Err(Error::PreconditionFailed.into()),
            Some(version) => {
                let wanted = Preconditions {
                    if_match: Some(tags.versions()),
                    if_none_match: None,
                };
                Ok(wanted.require(version)?)
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

/// Several lines of one header are one list (RFC 9110, section 5.3).
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<u8>> {
    let lines: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|line| line.as_bytes())
        .collect();
    (!lines.is_empty()).then(|| lines.join(&b", "[..]))
}
