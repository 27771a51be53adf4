//! Signs of life. They take no token, stand outside every limit, and have no
//! envelope: those who ask are programs that watch.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use hexpress_domain::health::StoreState;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::error::ApiError;
use crate::extract::NoQuery;
use crate::respond;
use crate::time::Timestamp;

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(alive))
        .routes(routes!(ready))
}

#[derive(Serialize, ToSchema)]
struct Alive {
    #[schema(example = "ok")]
    status: &'static str,
    timestamp: Timestamp,
}

/// Does the process live?
///
/// Touches nothing. Outside every limit.
#[utoipa::path(
    get,
    path = "/health",
    tag = "Operations",
    responses((status = 200, description = "It does", body = Alive)),
)]
async fn alive(State(api): State<Arc<Api>>, _: NoQuery) -> Result<Response, ApiError> {
    let body = Alive {
        status: "ok",
        timestamp: Timestamp(api.services.health.alive()),
    };
    Ok(respond::json(StatusCode::OK, &body))
}

#[derive(Serialize, ToSchema)]
struct Ready {
    /// `ok`, `unavailable` or `draining`.
    #[schema(example = "ok")]
    status: &'static str,
    checks: Checks,
}

#[derive(Serialize, ToSchema)]
struct Checks {
    /// `ok` or `unreachable`.
    #[schema(example = "ok")]
    database: &'static str,
    /// `ok`, `pending` or `unknown`.
    #[schema(example = "ok")]
    migrations: &'static str,
}

/// Can it serve?
///
/// For load balancers. Outside every limit.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "Operations",
    responses(
        (status = 200, description = "It can", body = Ready),
        (
            status = 503,
            description = "It cannot: the database is out of reach, migrations are pending, or it is draining",
            body = Ready,
            example = json!({"status": "draining", "checks": {"database": "ok", "migrations": "ok"}}),
        ),
    ),
)]
async fn ready(State(api): State<Arc<Api>>, _: NoQuery) -> Result<Response, ApiError> {
    let readiness = api.services.health.ready().await;
    let (database, migrations) = match readiness.store {
        StoreState::Ready => ("ok", "ok"),
        StoreState::MigrationsPending => ("ok", "pending"),
        StoreState::Unreachable => ("unreachable", "unknown"),
    };
    let (code, status) = if readiness.is_ready() {
        (StatusCode::OK, "ok")
    } else if readiness.draining {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    };
    let checks = Checks {
        database,
        migrations,
    };
    Ok(respond::json(code, &Ready { status, checks }))
}
