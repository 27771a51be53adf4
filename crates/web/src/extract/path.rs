use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use hexpress_domain::id::IdError;
use hexpress_domain::validation::ValidationErrors;

use crate::error::ApiError;

/// The `{id}` of a path, as sent.
pub(crate) struct PathId(Option<String>);

impl PathId {
    /// The id.
    pub(crate) fn parse<T: FromStr<Err = IdError>>(&self) -> Result<T, ApiError> {
        let id = self.0.as_deref().unwrap_or_default().parse();
        id.map_err(|error| ValidationErrors::of("id", error).into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        // Parameters that are no UTF-8 are no id either.
        let parameters = RawPathParams::from_request_parts(parts, state).await.ok();
        let id = parameters.as_ref().and_then(|parameters| {
            let mut parameters = parameters.iter();
            parameters.find_map(|(name, value)| (name == "id").then(|| value.to_owned()))
        });
        Ok(Self(id))
    }
}
