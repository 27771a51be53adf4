use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
};
use axum::http::{HeaderValue, Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::any;
use serde_json::Value;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, Any, CorsLayer, Vary};
use utoipa_axum::router::OpenApiRouter;

use crate::api::{Api, CorsOrigins};
use crate::compression;
use crate::error::ApiError;
use crate::extract::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED};
use crate::openapi::{self, Document};
use crate::request::{self, X_REQUEST_ID};
use crate::respond;
use crate::{auth, health, json, order, post, product, reference, user};

/// The whole API, under `/api`, and its interactive reference, at `/docs`.
///
/// It may be nested in another application's router; [`Settings::base_path`]
/// then says where, for the addresses that clients are told.
///
/// Whoever serves it puts a [`ConnectInfo`] with the client's [`SocketAddr`] into
/// the extensions of every request, as axum's own
/// `into_make_service_with_connect_info::<SocketAddr>()` does. Without, every client
/// is taken for `127.0.0.1`: right for a test or a call in process, but in service
/// all then share one allowance for failed logins. A warning says so once.
///
/// [`ConnectInfo`]: axum::extract::ConnectInfo
/// [`SocketAddr`]: std::net::SocketAddr
/// [`Settings::base_path`]: crate::Settings::base_path
pub fn router(api: Api) -> Router {
    router_with(api, Router::new())
}

/// As [`router`], with further routes of the application that embeds it: what goes
/// around every request (its id, its line in the log, its time limit, headers,
/// compression) goes around theirs too. They stand outside the limits and the document.
pub fn router_with(api: Api, further: Router<Arc<Api>>) -> Router {
    let api = Arc::new(api);
    let document = Document::new(&openapi(&api.settings.base_path));
    let routes = with_slashes(all_routes(document))
        .merge(further)
        .fallback(no_route)
        .method_not_allowed_fallback(method_not_allowed);
    within(&LAYERS, routes, api)
}

/// How many layers go around every request.
#[cfg(feature = "probe")]
pub const LAYER_COUNT: usize = LAYERS.len();

/// Routes with only the innermost so many of the [`LAYER_COUNT`] layers around them: shows
/// what each takes.
#[cfg(feature = "probe")]
pub fn within_layers(api: Api, routes: Router<Arc<Api>>, count: usize) -> Router {
    let layers = LAYERS.get(..count).unwrap_or(&LAYERS);
    within(layers, routes, Arc::new(api))
}

type Layer = fn(Router<Arc<Api>>, &Arc<Api>) -> Router<Arc<Api>>;

/// What goes around every request, from the inside out: one that panics is answered, one
/// that takes too long is ended, long answers are counted, pages of other origins may read
/// all of these, all have an id, a line in the log, headers and a place in the metrics, and long answers are compressed.
const LAYERS: [Layer; 5] = [
    |routes, _| routes.layer(CatchPanicLayer::custom(request::after_panic)),
    |routes, api| routes.layer(from_fn_with_state(api.clone(), request::bounded)),
    |routes, api| routes.layer(cors(&api.settings.cors_origins)),
    |routes, api| routes.layer(from_fn_with_state(api.clone(), request::around)),
    |routes, _| {
        routes
            .layer(compression::layer())
            .layer(from_fn(compression::lenient))
    },
];

fn within(layers: &[Layer], routes: Router<Arc<Api>>, api: Arc<Api>) -> Router {
    layers
        .iter()
        .fold(routes, |routes, layer| layer(routes, &api))
        .with_state(api)
}

/// The document, for an API under this public base path (usually empty). It names every
/// route of the API.
///
/// Keys come in the order in which people read them.
#[must_use]
pub fn openapi(base_path: &str) -> Value {
    let routes = all_routes(Document::default()).into_openapi();
    openapi::document(routes, base_path)
}

/// All routes: those that watch the service stand outside every limit.
fn all_routes(document: Document) -> OpenApiRouter<Arc<Api>> {
    let api = OpenApiRouter::new()
        .merge(auth::routes())
        .merge(user::routes())
        .merge(post::routes())
        .merge(product::routes())
        .merge(order::routes())
        .merge(openapi::routes(document));
    let mut limited = OpenApiRouter::new()
        .nest("/api", api)
        .merge(reference::routes());
    openapi::describe_limits(limited.get_openapi_mut());
    let health = OpenApiRouter::new().nest("/api", health::routes());
    limited.merge(health)
}

/// The routes, and for each path the same with a slash behind it, which leads to it.
fn with_slashes(routes: OpenApiRouter<Arc<Api>>) -> Router<Arc<Api>> {
    let (routes, document) = routes.split_for_parts();
    let paths = document.paths.paths.keys().map(String::as_str);
    let paths = paths.chain([reference::PAGE_PATH, reference::FILE_PATH]);
    paths.fold(routes, |routes, path| {
        routes.route(&format!("{path}/"), any(without_slash))
    })
}

async fn without_slash(State(api): State<Arc<Api>>, uri: Uri) -> Response {
    let path = uri.path().trim_end_matches('/');
    let query = uri.query().map(|query| format!("?{query}"));
    let query = query.unwrap_or_default();
    let path = format!("{}{path}", api.settings.base_path);
    respond::moved(
        &format!("{path}{query}"),
        serde_json::json!({ "path": path }),
    )
}

/// The path is the one that the client sent, wherever the router is nested.
async fn no_route(method: Method, OriginalUri(uri): OriginalUri) -> ApiError {
    // CONNECT names a host in place of a path.
    let path = match uri.path() {
        "" => uri.to_string(),
        path => path.to_owned(),
    };
    let path = json::shortened(path);
    ApiError::NoRoute { method, path }
}

async fn method_not_allowed(method: Method) -> ApiError {
    ApiError::MethodNotAllowed(method)
}

/// Never with credentials: tokens travel in a header, which a page sets itself.
fn cors(origins: &CorsOrigins) -> CorsLayer {
    let layer = match origins {
        CorsOrigins::Any => CorsLayer::new().allow_origin(Any),
        CorsOrigins::List(origins) => {
            let origins = origins
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok());
            CorsLayer::new().allow_origin(AllowOrigin::list(origins))
        }
    };
    layer
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            IF_MATCH,
            IF_NONE_MATCH,
            IDEMPOTENCY_KEY,
            X_REQUEST_ID,
        ])
        .expose_headers([
            ETAG,
            LOCATION,
            RETRY_AFTER,
            X_REQUEST_ID,
            IDEMPOTENCY_REPLAYED,
            HeaderName::from_static("ratelimit"),
            HeaderName::from_static("ratelimit-policy"),
        ])
        // `request::around` names what answers vary by, in one place.
        .vary(Vary::list([]))
}
