use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hexpress_domain::validation::ValidationErrors;

use super::Fields;
use crate::error::ApiError;
use crate::urlencoded;

/// The query of an address, as sent.
pub(crate) struct Query(String);

impl Query {
    /// Its parameters, trimmed: none of them is a text in which blanks count.
    pub(crate) fn fields(&self) -> Result<Fields, ApiError> {
        // The length of an address bounds them already.
        match urlencoded::parse(&self.0, usize::MAX) {
            Ok(pairs) => {
                let trimmed = |(name, value): (String, String)| (name, value.trim().to_owned());
                Ok(pairs.into_iter().map(trimmed).collect::<Vec<_>>().into())
            }
            Err(urlencoded::NotUtf8) => {
                Err(ValidationErrors::of("query", "Must be percent-encoded UTF-8").into())
            }
        }
    }

    /// Refuses every parameter, where an endpoint takes none.
    pub(crate) fn nothing(&self) -> Result<(), ApiError> {
        Ok(self.fields()?.finish(Ok(()))?)
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.uri.query().unwrap_or_default().to_owned()))
    }
}
