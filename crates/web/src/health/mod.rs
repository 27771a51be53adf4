//! Signs of life. They take no token, stand outside every limit, and have no
//! envelope: those who ask are programs that watch.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use hexpress_domain::health::StoreState;
use serde::Serialize;

use crate::answer;
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::Query;
use crate::time::Timestamp;

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/health", get(alive))
        .route("/health/ready", get(ready))
}

#[derive(Serialize)]
struct Alive {
    status: &'static str,
    timestamp: Timestamp,
}

async fn alive(State(api): State<Api>, query: Query) -> Result<Response, ApiError> {
    query.nothing()?;
    let body = Alive {
        status: "ok",
        timestamp: Timestamp(api.health.alive()),
    };
    Ok(answer::json(StatusCode::OK, &body))
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    checks: Checks,
}

#[derive(Serialize)]
struct Checks {
    database: &'static str,
    migrations: &'static str,
}

async fn ready(State(api): State<Api>, query: Query) -> Result<Response, ApiError> {
    query.nothing()?;
    let readiness = api.health.ready().await;
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
    Ok(answer::json(code, &Ready { status, checks }))
}
