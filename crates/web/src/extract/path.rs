use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use hexpress_app::{Error, Resource};
use hexpress_domain::id::IdError;
use hexpress_domain::post::Slug;
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
        Ok(Self(parameter(parts, state, "id").await))
    }
}

/// The `{slug}` of a path, as sent.
pub(crate) struct PathSlug(Option<String>);

impl PathSlug {
    /// The slug. What can be none leads to no post.
    pub(crate) fn parse(&self) -> Result<Slug, ApiError> {
        let text = self.0.as_deref().unwrap_or_default();
        let slug: Option<Slug> = text.parse().ok();
        // Slugs are trimmed where they are chosen, but a path is taken as it is.
        let slug = slug.filter(|slug| slug.as_str() == text);
        Ok(slug.ok_or(Error::NotFound(Resource::Post))?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathSlug {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parameter(parts, state, "slug").await))
    }
}

/// A parameter of the path. One that is no UTF-8 is none.
async fn parameter<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Option<String> {
    let parameters = RawPathParams::from_request_parts(parts, state).await.ok()?;
    let mut parameters = parameters.iter();
    parameters.find_map(|(key, value)| (key == name).then(|| value.to_owned()))
}
