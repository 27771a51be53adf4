use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use hexpress_domain::id::Id;
use hexpress_domain::post::Slug;
use hexpress_domain::validation::ValidationErrors;

use crate::Api;
use crate::error::ApiError;

/// What the path of a request names.
pub(crate) trait PathParameter: Sized + Send {
    /// Whether it is one thing, whose version `If-Match` may name.
    const IS_THING: bool;

    /// Reads it.
    fn read(
        parts: &mut Parts,
        api: &Arc<Api>,
    ) -> impl Future<Output = Result<Self, ApiError>> + Send;
}

/// Of a path without parameters.
impl PathParameter for () {
    const IS_THING: bool = false;

    async fn read(_: &mut Parts, _: &Arc<Api>) -> Result<Self, ApiError> {
        Ok(())
    }
}

/// The `{id}` of a path.
impl<Of> PathParameter for Id<Of> {
    const IS_THING: bool = true;

    async fn read(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        let id = parameter(parts, api, "id")
            .await
            .unwrap_or_default()
            .parse();
        id.map_err(|error| ValidationErrors::of("id", error).into())
    }
}

/// The `{slug}` of a path; `None` where the text is no slug. Slugs are trimmed where they
/// are chosen, but a path is taken as it is.
impl PathParameter for Option<Slug> {
    const IS_THING: bool = true;

    async fn read(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        let text = parameter(parts, api, "slug").await.unwrap_or_default();
        let slug: Option<Slug> = text.parse().ok();
        Ok(slug.filter(|slug| slug.as_str() == text))
    }
}

/// A parameter of the path. One that is no UTF-8 is none.
async fn parameter(parts: &mut Parts, api: &Arc<Api>, name: &str) -> Option<String> {
    let parameters = RawPathParams::from_request_parts(parts, api).await.ok()?;
    let mut parameters = parameters.iter();
    parameters.find_map(|(key, value)| (key == name).then(|| value.to_owned()))
}
