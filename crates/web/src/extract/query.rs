use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use hexpress_domain::auth::Actor;
use hexpress_domain::text::trim;
use hexpress_domain::validation::ValidationErrors;

use super::Fields;
use crate::error::ApiError;
use crate::urlencoded;

/// What the query of an address asks for.
pub(crate) trait Query: Sized + Send {
    /// Reads the parameters that were sent by this actor.
    fn read(parameters: Fields, actor: &Actor) -> Result<Self, ApiError>;
}

/// Of an endpoint that takes no parameter.
impl Query for () {
    fn read(parameters: Fields, _: &Actor) -> Result<Self, ApiError> {
        Ok(parameters.finish(Ok(()))?)
    }
}

/// The parameters of an address, trimmed: none of them is a text in which blanks count.
pub(super) fn fields(uri: &Uri) -> Result<Fields, ApiError> {
    // The length of an address bounds them already.
    match urlencoded::parse(uri.query().unwrap_or_default(), usize::MAX) {
        Ok(pairs) => {
            let trimmed = |(name, value): (String, String)| (name, trim(&value).to_owned());
            Ok(pairs.into_iter().map(trimmed).collect::<Vec<_>>().into())
        }
        Err(urlencoded::NotUtf8) => {
            Err(ValidationErrors::of("query", "Must be percent-encoded UTF-8").into())
        }
    }
}

/// Refuses every parameter, for endpoints that check nothing else.
pub(crate) struct NoQuery;

impl<S: Sync> FromRequestParts<S> for NoQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        <()>::read(fields(&parts.uri)?, &Actor::Anonymous)?;
        Ok(Self)
    }
}
