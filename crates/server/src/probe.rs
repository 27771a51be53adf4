//! A constant answer through all that goes around a handler, for `bench/run`: what no
//! real answer of its size can be faster than.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hexpress_web::Api;

static BODY: [u8; 65_536] = [b' '; 65_536];

pub fn routes() -> Router<Arc<Api>> {
    Router::new().route("/probe/{bytes}", get(constant))
}

/// The same with so many of the layers around it, which shows what each takes.
pub fn layers(api: &Api) -> Router {
    (0..=hexpress_web::LAYER_COUNT)
        .map(|count| {
            let routes = Router::new().route(&format!("/layers/{count}/{{bytes}}"), get(constant));
            hexpress_web::within_layers(api.clone(), routes, count)
        })
        .fold(Router::new(), Router::merge)
}

async fn constant(Path(bytes): Path<usize>) -> Response {
    match BODY.get(..bytes) {
        Some(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
