//! The OpenAPI 3.1 document, made from the code: from the attribute
//! `#[utoipa::path]` on each handler, the schemas that requests and answers have,
//! and what follows from those.
//!
//! A handler's attribute says what is its own: what it takes, what it answers
//! with, and the [`error_responses`] that only it has. Its comment is the summary and the
//! description. [`complete`](mod@complete) adds the rest.

mod complete;
pub(crate) mod error_responses;
mod examples;
mod headers;
mod names;
pub(crate) mod parameters;
pub(crate) mod types;

pub(crate) use complete::describe_limits;

use std::sync::Arc;

use axum::Extension;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Server};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::parameters::IfNoneMatch;
use self::types::AnyObject;
use crate::api::Api;
use crate::error::{ApiError, Failure};
use crate::extract::{Checked, Guest};
use crate::file::File;

/// The name of the security scheme.
const TOKEN: &str = "token";

const DESCRIPTION: &str = include_str!("description.md");

/// The document of these routes, for an API under this public base path (usually empty).
pub(crate) fn document(mut routes: OpenApi, base_path: &str) -> Value {
    describe(&mut routes, base_path);
    complete::complete(&mut routes);
    let mut document = json!(routes);
    headers::require(&mut document);
    names::refer(&mut document);
    examples::fill(&mut document);
    document
}

/// What belongs to no operation.
fn describe(document: &mut OpenApi, base_path: &str) {
    const LICENCE: &str = env!("CARGO_PKG_LICENSE");
    let licence = LicenseBuilder::new()
        .name(LICENCE)
        .identifier(Some(LICENCE));
    document.info = InfoBuilder::new()
        .title("Hexpress")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(licence.build()))
        .build();
    let server = if base_path.is_empty() { "/" } else { base_path };
    document.servers = Some(vec![Server::new(server)]);
    let components = document.components.get_or_insert_default();
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The token of a login, or one made for a program"));
    components.add_security_scheme(TOKEN, SecurityScheme::Http(token.build()));
    let mut schemas = vec![(Failure::name().into_owned(), Failure::schema())];
    Failure::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

/// The document as it is served: bytes made once.
#[derive(Clone, Default)]
pub(crate) struct Document(File);

impl Document {
    pub(crate) fn new(document: &Value) -> Self {
        Self(File::new("application/json", document.to_string()))
    }
}

/// The beginning of a resource's routes: the tag that stands on its operations, and what
/// readers see of it. Tags come in the order of the routes.
pub(crate) fn tagged<S: Clone + Send + Sync + 'static>(
    name: &str,
    description: &str,
) -> OpenApiRouter<S> {
    let tag = TagBuilder::new().name(name).description(Some(description));
    let document = OpenApiBuilder::new().tags(Some([tag.build()]));
    OpenApiRouter::with_openapi(document.build())
}

pub(crate) fn routes(document: Document) -> OpenApiRouter<Arc<Api>> {
    let about = "For programs that watch the service or read this document";
    tagged("Operations", about)
        .routes(routes!(openapi_document))
        .layer(Extension(document))
}

/// This document
///
/// Made from the code. `hexpress openapi` prints the same.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "Operations",
    params(IfNoneMatch),
    responses((status = 200, description = "OpenAPI 3.1", body = AnyObject, headers(("ETag")))),
)]
async fn openapi_document(
    Extension(Document(file)): Extension<Document>,
    headers: HeaderMap,
    request: Checked<Guest>,
) -> Result<Response, ApiError> {
    Ok(file.respond(&request.conditions, &headers).await)
}
