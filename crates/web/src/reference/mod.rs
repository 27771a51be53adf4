//! `/docs`: the interactive reference, Swagger UI on our own document. All of it
//! comes from the binary, by addresses relative to the page, so that it works
//! wherever the router is nested.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use axum::extract::{OriginalUri, RawPathParams};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::Response;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::Config;

use crate::api::Api;
use crate::error::ApiError;
use crate::extract::{Checked, Guest};
use crate::file::File;

const PAGE: &str = include_str!("page.html");
const START: &str = include_str!("start.js");

/// Both are for browsers, and no part of the API: the document leaves them out.
pub(crate) const PAGE_PATH: &str = "/docs";
pub(crate) const FILE_PATH: &str = "/docs/{file}";

/// What the page consists of, with its types: our own script, and what it uses of
/// Swagger UI.
const FILES: [(&str, &str); 4] = [
    ("favicon-32x32.png", "image/png"),
    (START_NAME, "text/javascript"),
    ("swagger-ui-bundle.js", "text/javascript"),
    ("swagger-ui.css", "text/css"),
];
const START_NAME: &str = "start.js";

static PAGE_FILE: LazyLock<File> = LazyLock::new(|| File::new("text/html; charset=utf-8", PAGE));

/// Made once: their tags take some milliseconds.
static FILES_BY_NAME: LazyLock<Vec<(&str, File)>> = LazyLock::new(|| {
    let files = FILES.into_iter();
    files
        .filter_map(|(name, content_type)| Some((name, File::new(content_type, bytes_of(name)?))))
        .collect()
});

/// Nothing from elsewhere, not even if a script asked for it. Swagger UI sets
/// styles on elements, and draws its icons from `data:` addresses.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .route(PAGE_PATH, get(reference))
        .route(FILE_PATH, get(reference_file))
}

async fn reference(headers: HeaderMap, request: Checked<Guest>) -> Result<Response, ApiError> {
    let mut response = PAGE_FILE.respond(&request.conditions, &headers).await;
    let policy = HeaderValue::from_static(POLICY);
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

async fn reference_file(
    method: Method,
    OriginalUri(uri): OriginalUri,
    parameters: RawPathParams,
    headers: HeaderMap,
    request: Checked<Guest>,
) -> Result<Response, ApiError> {
    let name = parameters.iter().map(|(_, name)| name).next();
    let mut files = FILES_BY_NAME.iter();
    let file = files.find(|(known, _)| Some(*known) == name);
    let (_, file) = file.ok_or_else(|| ApiError::NoRoute {
        method,
        path: uri.path().to_owned(),
    })?;
    Ok(file.respond(&request.conditions, &headers).await)
}

fn bytes_of(name: &str) -> Option<Bytes> {
    if name == START_NAME {
        return Some(Bytes::from_static(START.as_bytes()));
    }
    let file = utoipa_swagger_ui::serve(name, Arc::new(Config::default()));
    match file.ok()??.bytes {
        Cow::Borrowed(bytes) => Some(Bytes::from_static(bytes)),
        Cow::Owned(bytes) => Some(bytes.into()),
    }
}
